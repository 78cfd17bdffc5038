// Uploads one file with progress. Interrupt it, kill it, pull the plug: run again, it sends only what is missing.
import { isObjectStoreError } from '@bucket-radio/object-store';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { createUploader, isUploadError } from '@bucket-radio/uploader';

const [file, key] = process.argv.slice(2);
const { S3_ENDPOINT, S3_BUCKET, S3_ACCESS_KEY, S3_SECRET_KEY, JOURNALS = './data/uploads' } = process.env;
if (file === undefined || key === undefined || S3_ENDPOINT === undefined || S3_BUCKET === undefined) {
  process.stderr.write('usage: S3_ENDPOINT=… S3_BUCKET=… S3_ACCESS_KEY=… S3_SECRET_KEY=… main.ts FILE KEY\n');
  process.exit(2);
}

const store = createS3Store({
  endpoint: S3_ENDPOINT,
  bucket: S3_BUCKET,
  accessKeyId: S3_ACCESS_KEY ?? '',
  secretAccessKey: S3_SECRET_KEY ?? '',
  onEvent: ({ level, message }) => process.stderr.write(`${level}: ${message}\n`),
});

// With a directory for journals, what a killed process had sent need not be sent again.
const uploader = createUploader(store, { journalDirectory: JOURNALS });
const upload = uploader.upload(file, key, {
  attributes: { cacheControl: 'no-cache', metadata: { source: 'example' } },
  // Read the object back when it is complete, and compare it part by part.
  verify: 'read',
});

// Progress is an iterable that ends with the upload; a slow reader misses steps, never the last one.
let shownAtMs = 0;
for await (const { bytes, total = 0, rate } of upload) {
  if (Date.now() - shownAtMs < 1_000 && bytes < total) continue;
  shownAtMs = Date.now();
  const percent = total === 0 ? 100 : Math.floor((bytes / total) * 100);
  process.stderr.write(`${percent} %  ${(rate / 1e6).toFixed(1)} MB/s\n`);
}

try {
  const { size, parts, resumedBytes, checksum } = await upload.result;
  process.stdout.write(`${key}: ${size} bytes in ${parts} parts, ${resumedBytes} of them sent earlier, ${checksum}\n`);
} catch (error) {
  // Both kinds of error say in one line what happened and what to do, and are decided on by their code.
  if (!isUploadError(error) && !isObjectStoreError(error)) throw error;
  process.stderr.write(`${error.code}: ${error.message}\n`);
  process.exitCode = 1;
} finally {
  store.close();
}
