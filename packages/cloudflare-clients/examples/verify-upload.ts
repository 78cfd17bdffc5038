// Says whether an object is in the bucket, and a URL that reads it for an hour:
// R2_ACCOUNT_ID=… R2_ACCESS_KEY_ID=… R2_SECRET_ACCESS_KEY=… R2_BUCKET_MEDIA=… node verify-upload.ts KEY
import { createR2SigningClientFromEnv } from '@bucket-radio/cloudflare-clients';

const [key] = process.argv.slice(2);
try {
  if (key === undefined) throw new Error('usage: node verify-upload.ts KEY');
  const client = createR2SigningClientFromEnv();
  if (await client.objectExists(key)) {
    process.stdout.write(`${await client.generateSignedUrl(key, 3600)}\n`);
  } else {
    process.stderr.write(`${key} is not in ${client.getBucketName()}\n`);
    process.exitCode = 1;
  }
} catch (error) {
  process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
  process.exitCode = 2;
}
