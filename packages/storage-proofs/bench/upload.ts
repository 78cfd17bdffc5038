import { spawnSync } from 'node:child_process';
import { mkdtempSync, rmSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { parseArgs } from 'node:util';
import { median } from '@bucket-radio/testing/statistics';
import { openS3, s3Settings } from '../src/s3.ts';
import { buildPackages } from './build.ts';
import { startBenchServer } from './server.ts';
import { makeSparseFile } from './source-file.ts';

const { values } = parseArgs({
  options: { mb: { type: 'string', default: '2048' }, runs: { type: 'string', default: '3' } },
});
const MIB = 1024 ** 2;
buildPackages('@bucket-radio/uploader', '@bucket-radio/object-store-s3');
const sizeMb = Number(values.mb);
const directory = mkdtempSync(join(tmpdir(), 'bench-upload-'));
const server = await startBenchServer({ memoryBytes: 6 * 1024 * MIB });
Object.assign(process.env, server.environment);
const settings = s3Settings();

interface Run {
  readonly bytes: number;
  readonly seconds: number;
  readonly cpuSeconds: number;
  readonly peakRssMb: number;
  readonly connections: number;
}

function say(line: string): void {
  process.stdout.write(`${line}\n`);
}

function run(who: string, what: string, file: string): Run {
  const script = fileURLToPath(new URL('upload-run.mjs', import.meta.url));
  const { stdout, stderr, status } = spawnSync(process.execPath, [script, who, what, file, settings.bucket], {
    encoding: 'utf8',
    env: { ...process.env, BENCH_BYTES: String(sizeMb * MIB) },
  });
  if (status !== 0) throw new Error(`${who} ${what}: ${stderr}`);
  return JSON.parse(stdout) as Run;
}

function summary(who: string, what: string, runs: readonly Run[]) {
  const of = (pick: (run: Run) => number): number => median(runs.map(pick));
  const figures = {
    mbPerSecond: of(({ bytes, seconds }) => bytes / MIB / seconds),
    cpuPerGb: of(({ bytes, cpuSeconds }) => (cpuSeconds / bytes) * 1024 ** 3),
    peakRssMb: of(({ peakRssMb }) => peakRssMb),
    connections: of(({ connections }) => connections),
  };
  say(
    `${what.padEnd(6)} ${who.padEnd(12)} ${figures.mbPerSecond.toFixed(0)} MiB/s, ${figures.cpuPerGb.toFixed(2)} CPU s/GiB, peak ${figures.peakRssMb.toFixed(0)} MiB, ${figures.connections} connections on ${what === 'file' ? 4 : 16} lanes`,
  );
  return figures;
}

try {
  const store = await openS3(settings);
  const require = createRequire(import.meta.url);
  const { version } = require('@aws-sdk/lib-storage/package.json') as { version: string };
  say(`${process.version}, @aws-sdk/lib-storage ${version}; ${sizeMb} MiB file, 2,000 × 100 KB; parts of 5 MiB × 4;`);
  say(`${values.runs} runs in turn, medians; peak is VmHWM of the whole process`);
  const file = join(directory, 'source.bin');
  makeSparseFile(file, sizeMb);
  const runs: Record<string, Run[]> = {};
  for (let round = 0; round < Number(values.runs); round++) {
    for (const what of ['file', 'small']) {
      for (const who of ['ours', 'lib-storage']) {
        const name = `${what} ${who}`;
        runs[name] = [...(runs[name] ?? []), run(who, what, file)];
        for await (const { error } of store.deleteMany(keysOf(store))) if (error !== undefined) throw error;
      }
    }
  }
  store.close();
  const figures = (what: string, who: string) => summary(who, what, runs[`${what} ${who}`] ?? []);
  const [file_, fileLib] = [figures('file', 'ours'), figures('file', 'lib-storage')];
  const [small, smallLib] = [figures('small', 'ours'), figures('small', 'lib-storage')];
  const round = (value: number): number => Number(value.toFixed(2));
  say(
    JSON.stringify({
      bench: 'upload',
      file: {
        throughputRatio: round(file_.mbPerSecond / fileLib.mbPerSecond),
        cpuRatio: round(file_.cpuPerGb / fileLib.cpuPerGb),
        rssRatio: round(file_.peakRssMb / fileLib.peakRssMb),
        peakRssMb: Math.round(file_.peakRssMb),
        connections: file_.connections,
      },
      small: {
        throughputRatio: round(small.mbPerSecond / smallLib.mbPerSecond),
        cpuRatio: round(small.cpuPerGb / smallLib.cpuPerGb),
      },
    }),
  );
} finally {
  server.stop();
  rmSync(directory, { recursive: true, force: true });
}

async function* keysOf(store: Awaited<ReturnType<typeof openS3>>): AsyncGenerator<string> {
  for await (const { key } of store.list()) yield key;
}
