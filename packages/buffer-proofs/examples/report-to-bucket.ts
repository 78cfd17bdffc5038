import { S3 } from '@aws-sdk/client-s3';
import { aes256Gcm, createHybridBuffer, s3, zstd } from '@bucket-radio/hybrid-buffer';

/**
 * A report whose size nobody knows before it is written, and that is read only when it is complete. With the variables
 * `S3_ENDPOINT`, `S3_ACCESS_KEY` and `S3_SECRET_KEY`:
 * `node --conditions=@bucket-radio/source examples/report-to-bucket.ts BUCKET`
 */
const client = new S3({
  endpoint: process.env['S3_ENDPOINT'] ?? '',
  region: 'us-east-1',
  forcePathStyle: true,
  credentials: {
    accessKeyId: process.env['S3_ACCESS_KEY'] ?? '',
    secretAccessKey: process.env['S3_SECRET_KEY'] ?? '',
  },
  requestChecksumCalculation: 'WHEN_REQUIRED',
  responseChecksumValidation: 'WHEN_REQUIRED',
});

await using report = createHybridBuffer({
  threshold: 1024 ** 2,
  storage: s3(client, process.argv[2] ?? 'reports', { keyPrefix: 'reports/scratch', timeoutMs: 60_000 }),
  middleware: [zstd(), aes256Gcm()],
});

function* rows(): Generator<string> {
  for (let row = 0; row < 30_000; row++) yield `row ${row} of the report, with a sum of ${(row * row) % 977}\n`;
}
await report.writeFrom(rows());

let count = 0;
let last = '';
for await (const line of report.lines()) {
  count++;
  last = line;
}
process.stdout.write(
  `${count} rows, ${report.size} bytes, ${report.inMemory ? 'in memory' : 'in the bucket'}\n${last}\n`,
);
