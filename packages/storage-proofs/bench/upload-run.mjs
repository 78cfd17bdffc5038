import { randomBytes } from 'node:crypto';
import { subscribe } from 'node:diagnostics_channel';
import { createReadStream, readFileSync } from 'node:fs';

/**
 * One measured run, in a process of its own: `upload-run.mjs ours|lib-storage|idle file|small|stream FILE BUCKET`.
 * JavaScript on the built packages (`pnpm build`): stripping types at run time takes 30 MiB, and is no user's memory.
 */
const [who = '', what = '', file = '', bucket = ''] = process.argv.slice(2);
const endpoint = process.env['S3_ENDPOINT'] ?? '';
const accessKeyId = process.env['S3_ACCESS_KEY'] ?? '';
const secretAccessKey = process.env['S3_SECRET_KEY'] ?? '';

const SMALL_OBJECTS = 2_000;
const SMALL_BYTES = 100_000;
const SMALL_AT_A_TIME = 16;
const STREAM_CHUNK_BYTES = 65_536;

let connections = 0;
subscribe('net.client.socket', () => {
  connections++;
});

function peakRssMb() {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  return Number(kilobytes) / 1024;
}

/** Each loads its own libraries and not the other's. */
async function ours() {
  const { createS3Store } = await import('@bucket-radio/object-store-s3');
  const { createUploader } = await import('@bucket-radio/uploader');
  const store = createS3Store({ endpoint, accessKeyId, secretAccessKey, bucket });
  const uploader = createUploader(store);
  return (source, key) => uploader.upload(source, key).result;
}

async function libStorage() {
  const { S3Client } = await import('@aws-sdk/client-s3');
  const { Upload } = await import('@aws-sdk/lib-storage');
  const client = new S3Client({
    endpoint,
    region: 'us-east-1',
    forcePathStyle: true,
    credentials: { accessKeyId, secretAccessKey },
    // Its default checksums are trailers that this server does not know.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
  });
  return (source, Key) => {
    const Body = typeof source === 'string' ? createReadStream(source) : source;
    return new Upload({ client, queueSize: 4, partSize: 5 * 1024 ** 2, params: { Bucket: bucket, Key, Body } }).done();
  };
}

async function sendSmall(send) {
  const body = randomBytes(SMALL_BYTES);
  const numbers = Array.from({ length: SMALL_OBJECTS }, (_, index) => index).values();
  await Promise.all(
    Array.from({ length: SMALL_AT_A_TIME }, async () => {
      for (const number of numbers) await send(body, `small/${who}/${number}`);
    }),
  );
  return SMALL_OBJECTS * SMALL_BYTES;
}

async function sendLarge(send) {
  let bytes = 0;
  if (what === 'file') {
    await send(file, `large/${who}`);
    return Number(process.env['BENCH_BYTES']);
  }
  const stream = createReadStream(file, { highWaterMark: STREAM_CHUNK_BYTES });
  stream.on('data', (chunk) => {
    bytes += chunk.length;
  });
  stream.pause();
  await send(stream, `stream/${who}`);
  return bytes;
}

const send = await (who === 'lib-storage' ? libStorage() : ours());
const baselineMb = process.memoryUsage.rss() / 1024 ** 2;
const cpuBefore = process.cpuUsage();
const startedAt = performance.now();
const bytes = who === 'idle' ? 0 : await (what === 'small' ? sendSmall(send) : sendLarge(send));
const seconds = (performance.now() - startedAt) / 1000;
const { user, system } = process.cpuUsage(cpuBefore);
process.stdout.write(
  `${JSON.stringify({ bytes, seconds, cpuSeconds: (user + system) / 1e6, baselineMb, peakRssMb: peakRssMb(), connections })}\n`,
);
process.exit(0);
