import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath, pathToFileURL } from 'node:url';
import { parseArgs } from 'node:util';
import { createBucket } from '@bucket-radio/object-store-s3';
import { buildPackages } from './build.ts';
import { startBenchServer } from './server.ts';
import { makeSparseFile } from './source-file.ts';

/**
 * `pnpm bench upload-memory`: what one upload takes, as a library and from a stream of unknown length in 64 KiB chunks,
 * each with V8's defaults and with a small young generation, and as `radio upload`. `--only NAME` leaves out the others.
 */
const { values } = parseArgs({
  options: { mb: { type: 'string', default: '10240' }, only: { type: 'string', multiple: true } },
});
const MIB = 1024 ** 2;
const sizeMb = Number(values.mb);
const local = (path: string): string => fileURLToPath(new URL(path, import.meta.url));
const RADIO = local('../../../apps/radio-server/dist/main.js');
const directory = mkdtempSync(join(tmpdir(), 'bench-memory-'));
const file = join(directory, 'source.bin');
const BUCKET = 'memory';
const SMALL_YOUNG_GENERATION = '--max-semi-space-size=1';

interface Figures {
  readonly idleRssMb?: number;
  readonly peakRssMb: number;
  readonly [name: string]: unknown;
}

function node(args: readonly string[], environment: Readonly<Record<string, string>>): string {
  const env = { ...process.env, ...environment };
  const { status, stdout, stderr } = spawnSync(process.execPath, args, { encoding: 'utf8', env });
  if (status !== 0) throw new Error(`${args.join(' ')}: ${stderr}`);
  return stdout;
}

/** Each with a server of its own: deleted objects would stay in its memory for a while. */
async function measure(run: (environment: Readonly<Record<string, string>>) => Figures): Promise<Figures> {
  const server = await startBenchServer({ diskBytes: 16 * 1024 * MIB });
  try {
    const { S3_ENDPOINT = '', S3_ACCESS_KEY = '', S3_SECRET_KEY = '' } = server.environment;
    const account = { endpoint: S3_ENDPOINT, accessKeyId: S3_ACCESS_KEY, secretAccessKey: S3_SECRET_KEY };
    await createBucket({ ...account, bucket: BUCKET });
    return run(server.environment);
  } finally {
    server.stop();
  }
}

function library(what: string, ...flags: string[]): (environment: Readonly<Record<string, string>>) => Figures {
  return (environment) =>
    JSON.parse(node([...flags, local('memory-run.mjs'), what, file, BUCKET], environment)) as Figures;
}

function radioUpload(environment: Readonly<Record<string, string>>): Figures {
  const peakFile = join(directory, 'peak');
  const startedAt = performance.now();
  node(['--import', pathToFileURL(local('peak.mjs')).href, RADIO, 'upload', file, '--to', 'memory'], {
    PEAK_FILE: peakFile,
    RADIO_DATA_DIR: directory,
    R2_ENDPOINT: environment['S3_ENDPOINT'] ?? '',
    R2_BUCKET: BUCKET,
    R2_ACCESS_KEY: environment['S3_ACCESS_KEY'] ?? '',
    R2_SECRET_KEY: environment['S3_SECRET_KEY'] ?? '',
  });
  const seconds = Math.round((performance.now() - startedAt) / 1000);
  return { peakRssMb: Number(readFileSync(peakFile, 'utf8')), seconds };
}

try {
  buildPackages('@bucket-radio/uploader', '@bucket-radio/object-store-s3');
  if (values.only?.includes('radio') !== false) buildPackages('@bucket-radio/radio-server');
  makeSparseFile(file, sizeMb);
  const figures: Record<string, Figures> = {};
  const runs = {
    file: library('file'),
    stream: library('stream'),
    'file-small-heap': library('file', SMALL_YOUNG_GENERATION),
    'stream-small-heap': library('stream', SMALL_YOUNG_GENERATION),
    radio: radioUpload,
  };
  for (const [name, run] of Object.entries(runs)) {
    if (values.only?.includes(name) === false) continue;
    figures[name] = await measure(run);
    process.stdout.write(`${name.padEnd(18)} ${JSON.stringify(figures[name])}\n`);
  }
  const peaks = Object.fromEntries(Object.entries(figures).map(([name, { peakRssMb }]) => [name, peakRssMb]));
  process.stdout.write(`${JSON.stringify({ bench: 'upload-memory', sizeMb, peakRssMb: peaks })}\n`);
} finally {
  rmSync(directory, { recursive: true, force: true });
}
