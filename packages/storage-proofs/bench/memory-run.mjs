import { createReadStream, readFileSync } from 'node:fs';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { createUploader } from '@bucket-radio/uploader';

/**
 * The memory of one upload, in a process of its own that loads nothing else: `memory-run.mjs file|stream|idle FILE BUCKET`.
 * JavaScript on the built packages (`pnpm build`): stripping types at run time takes 20 MiB.
 * Prints VmHWM and what it consists of, in MiB.
 */
const [what = '', file = '', bucket = ''] = process.argv.slice(2);
const store = createS3Store({
  endpoint: process.env['S3_ENDPOINT'] ?? '',
  accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
  secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
  bucket,
  // Its parts may differ in size, so that a stream goes straight into its object.
  provider: 'ceph',
});
const uploader = createUploader(store);
const idleRssMb = process.memoryUsage.rss() / 1024 ** 2;
const startedAt = performance.now();
if (what === 'file') await uploader.upload(file, 'memory').result;
if (what === 'stream') await uploader.upload(createReadStream(file, { highWaterMark: 65_536 }), 'memory').result;
const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
const { heapTotal, external, arrayBuffers } = process.memoryUsage();
const { user, system } = process.cpuUsage();
const mb = (bytes) => Math.round(bytes / 1024 ** 2);
process.stdout.write(
  `${JSON.stringify({
    what,
    idleRssMb: Math.round(idleRssMb),
    peakRssMb: Math.round(Number(kilobytes) / 1024),
    heapTotalMb: mb(heapTotal),
    externalMb: mb(external),
    arrayBuffersMb: mb(arrayBuffers),
    seconds: Math.round((performance.now() - startedAt) / 1000),
    cpuSeconds: Math.round((user + system) / 1e6),
  })}\n`,
);
store.close();
