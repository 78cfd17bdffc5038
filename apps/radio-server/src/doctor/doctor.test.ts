import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type Answer, s3Error, startScriptedServer } from '@bucket-radio/testing';
import { expect, it, onTestFinished } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';
import { bucketChecks } from './bucket-checks.ts';
import { captureChecks } from './capture-checks.ts';
import { type CheckResult, formatCheck } from './check.ts';
import { machineChecks } from './machine-checks.ts';

const SECRET = 'a-secret-that-must-not-be-shown';

async function directory(): Promise<string> {
  const path = await mkdtemp(join(tmpdir(), 'doctor-'));
  onTestFinished(async () => await rm(path, { recursive: true, force: true }));
  return path;
}

async function config(env: Record<string, string> = {}): Promise<StationConfig> {
  const path = await directory();
  return resolveConfig({
    env: { RADIO_DATA_DIR: join(path, 'data'), RADIO_RECORDINGS_DIR: join(path, 'rec'), ...env },
  });
}

async function askBucket(...answers: Answer[]): Promise<readonly CheckResult[]> {
  const server = await startScriptedServer();
  onTestFinished(() => server.close());
  server.play(...answers);
  const account = { R2_BUCKET: 'radio', R2_ACCESS_KEY: 'key', R2_SECRET_KEY: SECRET, R2_ENDPOINT: server.endpoint };
  return await bucketChecks(await config(account));
}

const find = (results: readonly CheckResult[], name: string): CheckResult | undefined =>
  results.find((result) => result.name === name);
const date = (offsetMs: number): { date: string } => ({ date: new Date(Date.now() + offsetMs).toUTCString() });

it('says clock, not credentials, when the bucket refuses for the time', async () => {
  const skewed = s3Error(403, 'RequestTimeTooSkewed', date(3_600_000));
  const results = await askBucket(skewed, skewed, skewed, skewed);
  const bucket = find(results, 'bucket');
  expect(bucket).toMatchObject({ verdict: 'fail' });
  expect(bucket?.fix).toMatch(/^sudo timedatectl set-ntp true;.*leave the credentials as they are$/);
  expect(find(results, 'clock offset')).toMatchObject({
    verdict: 'fail',
    detail: expect.stringMatching(/behind the bucket/),
  });
});

it.each([
  ['InvalidAccessKeyId', 403, /check the clock first .*copy R2_ACCESS_KEY and R2_SECRET_KEY/],
  ['SignatureDoesNotMatch', 403, /check the clock first .*copy R2_ACCESS_KEY and R2_SECRET_KEY/],
  ['AccessDenied', 403, /Object Read & Write/],
  ['NoSuchBucket', 404, /create the bucket, or correct R2_BUCKET/],
])('tells %s apart', async (code, status, fix) => {
  const refusal = s3Error(status, code, date(0));
  const results = await askBucket(refusal, refusal, refusal, refusal);
  expect(find(results, 'bucket')).toMatchObject({ verdict: 'fail', fix: expect.stringMatching(fix) });
  expect(JSON.stringify(results)).not.toContain(SECRET);
});

it('says that nothing answers', async () => {
  const account = {
    R2_BUCKET: 'radio',
    R2_ACCESS_KEY: 'key',
    R2_SECRET_KEY: SECRET,
    R2_ENDPOINT: 'http://127.0.0.1:9',
  };
  const results = await bucketChecks(await config(account));
  expect(results).toMatchObject([{ name: 'bucket', verdict: 'fail', fix: expect.stringContaining('R2_ENDPOINT') }]);
});

it.each([
  ['yes', 'ok'],
  ['no', 'fail'],
  [undefined, 'warn'],
])('asks what keeps the clock: %s is %s', async (answer, verdict) => {
  const ask = async (command: string) => await Promise.resolve(command === 'timedatectl' ? answer : undefined);
  const sync = find(await machineChecks(await config(), ask), 'clock sync');
  expect(sync).toMatchObject({ verdict });
  if (verdict !== 'ok') expect(sync?.fix).toContain('timedatectl set-ntp true');
});

it('measures the disks, and leaves nothing behind', async () => {
  const results = await machineChecks(await config());
  for (const name of ['recordings disk', 'data disk']) {
    expect(find(results, name)?.detail).toMatch(/GB free, \d+ hours of recording, writes \d+ MB\/s/);
  }
});

it('says whose a directory must be that cannot be written', async () => {
  const path = await directory();
  await writeFile(join(path, 'file'), '');
  const results = await machineChecks(await config({ RADIO_RECORDINGS_DIR: join(path, 'file/rec') }));
  expect(find(results, 'recordings disk')).toMatchObject({
    verdict: 'fail',
    fix: expect.stringMatching(/sudo chown .* or set RADIO_RECORDINGS_DIR/),
  });
});

it('warns of credentials that others can read', async () => {
  const path = await directory();
  const before = process.cwd();
  process.chdir(path);
  onTestFinished(() => process.chdir(before));
  await writeFile('.env', `R2_SECRET_KEY=${SECRET}\n`, { mode: 0o644 });
  expect(find(await machineChecks(await config()), 'secrets')).toMatchObject({
    verdict: 'warn',
    fix: 'chmod 600 .env',
  });
  await chmod('.env', 0o600);
  expect(find(await machineChecks(await config()), 'secrets')).toMatchObject({ verdict: 'ok' });
});

it('says what to do about a device that is not there, and about limits', async () => {
  const path = await directory();
  const limits = join(path, 'limits');
  await writeFile(limits, 'Max realtime priority     0                    0\n');
  const paths = { devSnd: path, limits };
  const results = await captureChecks(await config({ RADIO_SOURCE: 'alsa:hw:CARD=NotHere' }), paths);
  expect(find(results, 'source')).toMatchObject({ verdict: 'fail', fix: expect.stringContaining('radio devices') });
  expect(find(results, 'real-time limit')).toMatchObject({ verdict: 'warn', fix: expect.stringContaining('rtprio') });
  expect(find(results, 'sound permission')).toMatchObject({ verdict: 'ok' });
  await writeFile(limits, 'Max realtime priority     95                   95\n');
  const better = await captureChecks(await config({ RADIO_SOURCE: 'alsa:hw:CARD=NotHere' }), paths);
  expect(find(better, 'real-time limit')).toMatchObject({ verdict: 'ok' });
  expect(await captureChecks(await config({ RADIO_SOURCE: 'tone' }), paths)).toMatchObject([
    { name: 'source', verdict: 'ok' },
  ]);
});

it('prints a fix below whatever is not well', () => {
  const line = formatCheck({ verdict: 'fail', name: 'clock', detail: 'off', fix: 'set it' }, false);
  expect(line).toMatch(/^fail {2}clock {13} {2}off\n {6} {18} {2}→ set it\n$/);
});
