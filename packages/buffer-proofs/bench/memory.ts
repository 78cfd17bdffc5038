import { spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';

/** Bytes through a buffer with a threshold of 2 MiB, and what its process grows by; on the built packages. */
const { values } = parseArgs({
  options: {
    gib: { type: 'string', default: '10' },
    /** For `--max-semi-space-size`: how many MB of young objects V8 lets gather. Default: V8's own, 16. */
    'semi-space-mb': { type: 'string' },
    runs: { type: 'string', default: 'file:none,file:zstd+aes,store:none,store:aes,client:none' },
  },
});
const LIMIT_MB = 2 + 64;
const beside = (name: string): string => fileURLToPath(new URL(name, import.meta.url));

interface Run {
  readonly growthMb: number;
  readonly same: boolean;
}

const semiSpace = values['semi-space-mb'];
const flags = semiSpace === undefined ? [] : [`--max-semi-space-size=${semiSpace}`];
const directory = mkdtempSync(join(tmpdir(), 'bench-buffer-memory-'));
const server = spawn(process.execPath, [beside('disk-s3.mjs'), join(directory, 's3')], {
  stdio: ['ignore', 'pipe', 'inherit'],
});
const growth: Record<string, number> = {};
try {
  const [line] = (await once(server.stdout, 'data')) as [Buffer];
  for (const run of values.runs.split(',')) {
    const [where = '', what = ''] = run.split(':');
    const { stdout, stderr } = spawnSync(
      process.execPath,
      [...flags, beside('memory-run.mjs'), where, what, values.gib, String(line).trim(), directory],
      { encoding: 'utf8' },
    );
    process.stdout.write(stdout);
    if (stdout === '') throw new Error(`${run}: ${stderr}`);
    const { growthMb, same } = JSON.parse(stdout) as Run;
    if (!same) throw new Error(`${run}: other bytes came back`);
    growth[run] = growthMb;
  }
} finally {
  server.kill();
  rmSync(directory, { recursive: true, force: true });
}
process.stdout.write(
  `${JSON.stringify({ bench: 'hybrid-buffer-memory', gib: Number(values.gib), flags, limitMb: LIMIT_MB, growthMb: growth })}\n`,
);
