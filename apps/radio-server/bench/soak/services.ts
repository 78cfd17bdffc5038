import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { PutBucketCorsCommand, PutBucketPolicyCommand, S3Client } from '@aws-sdk/client-s3';
import { createBucket } from '@bucket-radio/object-store-s3';

const SERVICES = fileURLToPath(new URL('../../../../scripts/services/', import.meta.url));

/** Runs `SCRIPT start DIR …`. @returns the variables it prints, and what stops it */
export function startService(
  script: string,
  where: string,
  ...args: readonly string[]
): { readonly env: Readonly<Record<string, string>>; readonly stop: () => void } {
  const { status, stdout, stderr } = spawnSync('bash', [join(SERVICES, script), 'start', where, ...args], {
    encoding: 'utf8',
  });
  if (status !== 0) throw new Error(`${script}: ${stderr.trim().split('\n').at(-1)}; npm run setup:services`);
  const lines = stdout.trim().split('\n');
  const env = Object.fromEntries(lines.map((line) => [line.split('=', 1)[0] ?? '', line.slice(line.indexOf('=') + 1)]));
  return { env, stop: () => void spawnSync('bash', [join(SERVICES, script), 'stop', where]) };
}

/** A bucket that anybody on any page may read, and only the keys may write. @returns the station's settings for it */
export async function publicBucket(
  endpoint: string,
  keys: { readonly accessKeyId: string; readonly secretAccessKey: string },
): Promise<Readonly<Record<string, string>>> {
  const bucket = 'soak';
  await createBucket({ endpoint, bucket, ...keys });
  const client = new S3Client({ endpoint, region: 'auto', forcePathStyle: true, credentials: keys });
  const Resource = [`arn:aws:s3:::${bucket}/*`];
  const anybodyReads = { Effect: 'Allow', Principal: '*', Action: ['s3:GetObject'], Resource };
  const Policy = JSON.stringify({ Version: '2012-10-17', Statement: [anybodyReads] });
  await client.send(new PutBucketPolicyCommand({ Bucket: bucket, Policy }));
  const rule = { AllowedOrigins: ['*'], AllowedMethods: ['GET', 'HEAD'], ExposeHeaders: ['ETag', 'Date', 'Age'] };
  await client.send(new PutBucketCorsCommand({ Bucket: bucket, CORSConfiguration: { CORSRules: [rule] } }));
  client.destroy();
  return {
    R2_ENDPOINT: endpoint,
    R2_BUCKET: bucket,
    R2_ACCESS_KEY: keys.accessKeyId,
    R2_SECRET_KEY: keys.secretAccessKey,
    R2_PUBLIC_URL: `${endpoint}/${bucket}`,
  };
}

/** Plays a quiet, endless tone into the fake sound card: there is something to hear, and the card's clock runs. */
export function feedSoundCard(env: NodeJS.ProcessEnv): ChildProcess {
  const tone = ['-f', 'lavfi', '-i', 'sine=frequency=440:sample_rate=48000', '-ac', '2'];
  return spawn('ffmpeg', ['-loglevel', 'error', '-re', ...tone, '-f', 'pulse', '-device', 'deck', 'soak'], {
    env,
    stdio: 'ignore',
  });
}

/** Ends a process, and waits until it is gone. */
export async function end(child: ChildProcess, signal: NodeJS.Signals): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const gone = once(child, 'close');
  child.kill(signal);
  await gone;
}
