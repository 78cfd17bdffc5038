import { spawnSync } from 'node:child_process';
import { cpus } from 'node:os';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

const { values } = parseArgs({
  options: { mb: { type: 'string', default: '512' }, runs: { type: 'string', default: '3' } },
});
const RUN = fileURLToPath(new URL('throughput-run.ts', import.meta.url));

interface Run {
  readonly kind: string;
  readonly writeMbps: number;
  readonly readMbps: number;
  readonly cpuSeconds: number;
  readonly storedRatio: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

/** One turn of all kinds, in a process of its own. */
function measure(kinds: readonly string[]): Run[] {
  const { stdout, stderr, status } = spawnSync(
    process.execPath,
    ['--conditions=@bucket-radio/source', RUN, values.mb, ...kinds],
    { encoding: 'utf8' },
  );
  if (status !== 0) throw new Error(stderr);
  return stdout
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as Run);
}

function median(runs: readonly Run[], key: Exclude<keyof Run, 'kind'>): number {
  const sorted = runs.map((run) => run[key]).sort((a, b) => a - b);
  return sorted[Math.floor(sorted.length / 2)] ?? 0;
}

const WHAT = ['stream', 'file', 'aes-256-gcm', 'chacha20-poly1305', 'zstd', 'zstd+aes', 'gzip', 'brotli', 'memory'];

say(`${values.mb} MB of text and noise in 64 KiB chunks, median of ${values.runs} runs, the peer in each`);
say(
  `Node ${process.version}, ${cpus().length} × ${cpus()[0]?.model.trim()}; MB/s; "stream" is fs.createWriteStream, then`,
);
say('fs.createReadStream; the others are a hybrid buffer with a threshold of 2 MiB on a file, with this middleware\n');
const runs = new Map<string, Run[]>(WHAT.map((what) => [what, []]));
for (let turn = 0; turn < Number(values.runs); turn++) {
  for (const run of measure(WHAT)) runs.get(run.kind)?.push(run);
}

const peer = runs.get('stream') ?? [];
const round = (value: number): number => Math.round(value * 100) / 100;
const line: Record<string, object> = {};
say('                      write     read   write/peer  read/peer  CPU s/GB  stored/plain');
for (const [what, own] of runs) {
  const [write, read] = [median(own, 'writeMbps'), median(own, 'readMbps')];
  const writeRatio = round(write / median(peer, 'writeMbps'));
  const readRatio = round(read / median(peer, 'readMbps'));
  const cpuPerGb = round((median(own, 'cpuSeconds') * 1000) / Number(values.mb));
  const stored = round(median(own, 'storedRatio'));
  say(
    [
      what.padEnd(20),
      String(Math.round(write)).padStart(7),
      String(Math.round(read)).padStart(8),
      String(writeRatio).padStart(12),
      String(readRatio).padStart(10),
      String(cpuPerGb).padStart(9),
      String(stored).padStart(13),
    ].join(' '),
  );
  if (what !== 'stream') line[what] = { writeRatio, readRatio, cpuSecondsPerGb: cpuPerGb };
}
say(JSON.stringify({ bench: 'hybrid-buffer', ...line }));
