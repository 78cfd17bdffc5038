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

/** One array, filled anew for each chunk: its position, in front of noise and zeros. */
const chunk = Buffer.alloc(CHUNK_BYTES);
for (let at = 0, state = 1; at < CHUNK_BYTES / 2; at++) {
  state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
  chunk[at] = state >>> 24;
}
const expectAt = (at) => {
  chunk.writeDoubleBE(at, 0);
  return chunk;
};
const mb = (bytes) => Math.round((bytes / MIB) * 10) / 10;
const peak = () => Number(/VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8'))?.[1]) * 1024;

const buffer = createHybridBuffer({ threshold: 2 * MIB, storage: STORAGES[where](), middleware: MIDDLEWARE[what] });
const idleBytes = process.memoryUsage.rss();
const startedAt = performance.now();
for (let at = 0; at < total; at += CHUNK_BYTES) await buffer.write(expectAt(at));
const writeSeconds = (performance.now() - startedAt) / 1000;
const peakWhileWriting = peak();
const target = Buffer.alloc(CHUNK_BYTES);
let same = buffer.size === total;
for (let at = 0; at < total && same; at += CHUNK_BYTES) {
  same = (await buffer.readInto(target)) === CHUNK_BYTES && target.equals(expectAt(at));
}
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
