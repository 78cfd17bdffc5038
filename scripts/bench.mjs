// pnpm bench NAME [options]: prints what a person reads and ends with one line of JSON.
import { run, toolchainEnv } from './toolchain.mjs';

/** Each benchmark runs a peer beside us, in the same run. */
const BENCHES = {
  /** All of them, into docs/benchmarks.md; --quick to see that they run. */
  all: 'scripts/bench-all.ts',
  fanout: 'apps/radio-client/bench/fanout.ts',
  'hybrid-buffer': 'packages/hybrid-buffer/bench/throughput.ts',
  'hybrid-buffer-memory': 'packages/buffer-proofs/bench/memory.ts',
  latency: 'apps/radio-server/bench/latency.ts',
  player: 'packages/player/bench/player.ts',
  pipeline: 'apps/radio-server/bench/pipeline.ts',
  publisher: 'apps/radio-server/bench/publisher.ts',
  restart: 'apps/radio-server/bench/restart.ts',
  upload: 'packages/storage-proofs/bench/upload.ts',
  'upload-memory': 'packages/storage-proofs/bench/memory.ts',
};

const [name = '', ...options] = process.argv.slice(2);
const script = BENCHES[name];
if (script === undefined) {
  // Without a name the list was asked for.
  const say = name === '' ? console.log : console.error;
  say(`usage: pnpm bench NAME [options]   (${Object.keys(BENCHES).join(', ')})`);
  process.exitCode = name === '' ? 0 : 2;
} else {
  process.exitCode = run('node', ['--conditions=@bucket-radio/source', script, ...options], toolchainEnv());
}
