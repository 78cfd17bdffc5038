import { randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createBucket } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, beforeAll, describe, expect, it, onTestFinished } from 'vitest';
import type { MonitorStatus } from './desk/monitor-status.ts';
import type { CheckResult } from './doctor/check.ts';
import { s3Account } from './testing/s3-account.ts';
import { StationRunner } from './testing/station-process.ts';

const planted = (name: string): string => `${name}-${randomBytes(12).toString('hex')}`;
const { options, env: ACCOUNT } = s3Account('desk');

describe.skipIf(!serviceOrSkip('s3').available)("the operator's desk of a station on a real S3 server", () => {
  const runner = new StationRunner();
  beforeAll(async () => await createBucket(options));
  afterEach(async () => await runner.cleanUp());

  const doctor = async (env: NodeJS.ProcessEnv) => {
    const { code, stdout } = await (await runner.run(['doctor', '--json'], { ...ACCOUNT, ...env })).ended;
    const { checks } = JSON.parse(stdout) as { checks: CheckResult[] };
    const verdicts = Object.fromEntries(checks.map(({ name, verdict }) => [name, verdict]));
    return { code, checks, verdicts, fix: (name: string) => checks.find((check) => check.name === name)?.fix };
  };

  it('is examined: bucket, clock, conditional writes and line are well, a private bucket is not public', async () => {
    const { code, verdicts, checks, fix } = await doctor({ R2_PUBLIC_URL: `${options.endpoint}/${options.bucket}` });
    expect(verdicts).toMatchObject({
      bucket: 'ok',
      'clock offset': 'ok',
      'conditional write': 'ok',
      'public URL': 'fail',
    });
    expect(checks.find(({ name }) => name === 'uplink')?.detail).toMatch(/Mbit\/s measured, 2\.48 needed/);
    expect(fix('public URL')).toContain('Public access');
    expect(code).toBe(1);
    for (const { verdict, fix: remedy } of checks) expect(remedy === undefined).toBe(verdict === 'ok');
  });

  it('is told what to do about wrong keys, without seeing them', async () => {
    const secret = planted('secret');
    const keys = await doctor({ R2_SECRET_KEY: secret });
    expect(keys.fix('bucket')).toContain('R2_SECRET_KEY');
    expect(JSON.stringify(keys.checks)).not.toContain(secret);
  });

  it('lets no secret out, in a whole life at trace level', async () => {
    const received: string[] = [];
    const hook = createServer((request, response) => {
      received.push(request.url ?? '');
      response.writeHead(500).end();
    }).listen(0, '127.0.0.1');
    onTestFinished(() => {
      hook.close();
    });
    await once(hook, 'listening');
    const token = planted('token');
    const secrets = {
      token,
      path: planted('path'),
      signing: planted('signing'),
      accessKey: ACCOUNT.R2_ACCESS_KEY,
      secretKey: ACCOUNT.R2_SECRET_KEY,
    };
    const station = await runner.run(['start', '--source', 'tone:1000,-90', '--segment-seconds', '1'], {
      ...ACCOUNT,
      RADIO_LOG_LEVEL: 'trace',
      RADIO_PREFIX: 'quiet',
      RADIO_SILENCE_SECONDS: '2',
      RADIO_MONITOR_HOST: '0.0.0.0',
      RADIO_MONITOR_TOKEN: token,
      RADIO_ALERT_WEBHOOK: `http://127.0.0.1:${(hook.address() as AddressInfo).port}/${secrets.path}`,
      RADIO_ALERT_WEBHOOK_SECRET: secrets.signing,
      RADIO_ALERT_COMMAND: JSON.stringify(['/no/such/program', 'x']),
    });
    await station.waitFor('segment 2: ');
    await station.waitFor('the alert webhook: it answers 500');
    await station.waitFor('the alert command: /no/such/program cannot be started');
    const base = `http://127.0.0.1:${station.monitorPort}`;
    const headers = { Authorization: `Bearer ${token}` };
    const seen: string[] = [];
    for (const path of [
      '/',
      '/status',
      '/metrics',
      '/history',
      '/log',
      '/readyz',
      '/openapi.json',
      '/nowhere',
      '/login',
    ]) {
      seen.push(await (await fetch(`${base}${path}`, { headers })).text());
    }
    expect((await fetch(`${base}/status`)).status).toBe(401);

    const post = async (path: string, body?: object) =>
      await fetch(`${base}${path}`, {
        method: 'POST',
        headers: { ...headers, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
    const status = async () => (await (await fetch(`${base}/status`, { headers })).json()) as MonitorStatus;
    const onAir = async () => (await status()).onAir;
    expect((await post('/now-playing', { title: 'Nocturne' })).status).toBe(204);
    expect((await post('/stop')).status).toBe(204);
    await expect.poll(onAir, { timeout: 20_000 }).toBe('off');
    expect((await post('/start')).status).toBe(204);
    await expect.poll(onAir, { timeout: 20_000 }).toBe('on');
    await expect.poll(async () => (await status()).counts.published, { timeout: 30_000 }).toBeGreaterThan(0);
    seen.push(await (await fetch(`${base}/status`, { headers })).text());
    station.kill('SIGTERM');
    const { code, stdout, stderr } = await station.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(received.length).toBeGreaterThan(0);
    const everything = [stdout, stderr, ...seen].join('\n');
    expect(everything).toContain('silence for 2 s');
    for (const [name, secret] of Object.entries(secrets)) {
      expect(everything.includes(secret), `${name} stands in what the station says`).toBe(false);
    }
  });
});
