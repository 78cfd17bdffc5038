import { createHash } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { S3 } from '@aws-sdk/client-s3';
import { aes256Gcm, createHybridBuffer, fileSystem, s3, zstd } from '@bucket-radio/hybrid-buffer';
import { createS3Store } from '@bucket-radio/object-store-s3';

/**
 * The memory of one buffer, in a process of its own: `memory-run.mjs file|store|client MIDDLEWARE GIB ENDPOINT DIRECTORY`.
 * JavaScript on the built packages (`pnpm build`): stripping types at run time takes 20 MiB by itself.
 * Writes, reads everything back, compares, and prints what it grew by over the idle process with its client loaded.
 */
const [where = '', what = '', gib = '', endpoint = '', directory = ''] = process.argv.slice(2);
const CHUNK_BYTES = 65_536;
const MIB = 1024 ** 2;
const total = Number(gib) * 1024 * MIB;
const MIDDLEWARE = { none: [], aes: [aes256Gcm()], zstd: [zstd()], 'zstd+aes': [zstd(), aes256Gcm()] };

const settings = { endpoint, bucket: 'memory', accessKeyId: 'key', secretAccessKey: 'secret' };
const client = new S3({
  endpoint,
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: settings,
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});
const STORAGES = {
  file: () => fileSystem({ dir: directory }),
  store: () => s3(createS3Store(settings), 'memory'),
  client: () => s3(client, 'memory'),
};

/** One array, filled anew for each chunk: the numbers of the chunk in front of noise and text. */
const chunk = new Uint8Array(CHUNK_BYTES);
for (let at = 0, state = 1; at < CHUNK_BYTES / 2; at++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  chunk[at] = state >>> 24;
}
const head = new DataView(chunk.buffer, 0, 8);
const mb = (bytes) => Math.round((bytes / MIB) * 10) / 10;
const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;

const buffer = createHybridBuffer({ threshold: 2 * MIB, storage: STORAGES[where](), middleware: MIDDLEWARE[what] });
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
const written = createHash('sha256');
for (let at = 0; at < total; at += CHUNK_BYTES) {
  head.setFloat64(0, at);
  written.update(chunk);
  await buffer.write(chunk);
}
const writeSeconds = (performance.now() - startedAt) / 1000;
const peakWhileWriting = peak();
const read = createHash('sha256');
const target = new Uint8Array(CHUNK_BYTES);
for (let size = await buffer.readInto(target); size > 0; size = await buffer.readInto(target)) {
  read.update(size === CHUNK_BYTES ? target : target.subarray(0, size));
}
const same = written.digest('hex') === read.digest('hex');
await buffer.close();
client.destroy();
const { user, system } = process.cpuUsage();
process.stdout.write(
  `${JSON.stringify({
    where,
    what,
    gib: Number(gib),
    idleMb: mb(idleBytes),
    peakMb: mb(peak()),
    growthWritingMb: mb(peakWhileWriting - idleBytes),
    growthMb: mb(peak() - idleBytes),
    same,
    seconds: Math.round((performance.now() - startedAt) / 1000),
    writeSeconds: Math.round(writeSeconds),
    cpuSeconds: Math.round((user + system) / 1e6),
  })}\n`,
);
process.exit(same ? 0 : 1);
