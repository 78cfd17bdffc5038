import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { stationObjectHeaders } from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { withPrefix } from '@bucket-radio/object-store';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip, startFaultyProxy } from '@bucket-radio/testing';
import { afterAll, afterEach, beforeAll, describe, expect, it } from 'vitest';
import { decodeWithFfmpeg, decodeWithFlac } from './testing/decode.ts';
import { s3Account } from './testing/s3-account.ts';
import { StationRunner } from './testing/station-process.ts';

const { options, env: account } = s3Account('station');
const usable = serviceOrSkip('s3').available && serviceOrSkip('ffmpeg').available && serviceOrSkip('flac').available;

describe.skipIf(!usable)('a station on a real S3 server', () => {
  const runner = new StationRunner();
  const bucket = createS3Store(options);
  const live = withPrefix(bucket, 'live/');

  beforeAll(async () => await createBucket(options));
  afterEach(async () => await runner.cleanUp());
  afterAll(() => bucket.close());

  it('publishes the same objects, path-style, and leaves exactly three segments per rendition', async () => {
    const station = await runner.run(['start', '--segment-seconds', '1', '--window-segments', '3'], account);
    await station.waitFor('segment 5: ');
    station.kill('SIGTERM');
    const { code, stdout, stderr } = await station.ended;
    expect([code, stderr]).toEqual([0, '']);
    expect(stdout).not.toContain(account.R2_SECRET_KEY);
    expect(stdout).not.toContain(account.R2_ACCESS_KEY);

    const manifest = manifestSchema.parse(JSON.parse(await (await live.get('manifest.json')).text()));
    const window = [0, 1, 2].map((n) => manifest.first + n);
    expect(manifest).toMatchObject({ live: false, latest: window[2] });
    const keys: string[] = [];
    for await (const { key } of live.list()) keys.push(key);
    const names = [...window.map((index) => `${String(index).padStart(8, '0')}.mp4`), 'init.mp4'];
    const media = ['hq', 'lq'].flatMap((rendition) => names.map((name) => `${manifest.epoch}/${rendition}/${name}`));
    expect(keys.sort()).toEqual([...media, 'hq.m3u8', 'index.m3u8', 'lq.m3u8', 'manifest.json'].sort());
    for (const key of keys) expect((await live.head(key)).attributes).toMatchObject(stationObjectHeaders(key));

    const bytes = async (name: string) => await (await live.get(`${manifest.epoch}/hq/${name}`)).bytes();
    const objects = await Promise.all(['init.mp4', ...names.slice(0, 3)].map(bytes));
    const decoded = await decodeWithFfmpeg('-', Buffer.concat(objects));
    const recordings = join(station.directory, 'recordings');
    const [recording] = (await readdir(recordings, { recursive: true })).filter((name) => name.endsWith('.flac'));
    const archived = await decodeWithFlac(join(recordings, recording!));
    const start = manifest.first * 288_000;
    expect(decoded.equals(archived.subarray(start, start + 3 * 288_000))).toBe(true);
  });

  it('starts again while the bucket does not answer, and loses nothing when it does', async () => {
    const proxy = await startFaultyProxy({ target: options.endpoint, random: Math.random });
    const args = ['start', '--segment-seconds', '1', '--window-segments', '60', '--archive', 'off'];
    const env = { ...account, R2_ENDPOINT: proxy.endpoint, RADIO_PREFIX: 'again' };
    const before = await runner.run(args, env);
    await before.waitFor('segment 1: ');
    before.kill('SIGKILL');
    await before.ended;
    proxy.isDown = true;
    const station = await runner.run(args, { ...env, RADIO_DATA_DIR: join(before.directory, 'data') });
    await station.waitFor('capturing');
    await station.waitFor('next try in');
    proxy.isDown = false;
    await station.waitFor('published in');
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
    proxy.close();
    const manifest = manifestSchema.parse(JSON.parse(await (await bucket.get('again/manifest.json')).text()));
    expect(manifest).toMatchObject({ live: false, first: 0, missing: [], breaks: [{ reason: 'restart' }] });
  });

  it.each([
    ['a bucket that does not exist', { R2_BUCKET: 'no-such-bucket' }, /no-such-bucket/],
    ['a wrong secret', { R2_SECRET_KEY: 'a-secret-that-never-shows' }, /R2_SECRET_KEY|secret/i],
    ['a wrong access key', { R2_ACCESS_KEY: 'nobody' }, /access key/i],
  ])('refuses %s with one line', async (_, wrong, message) => {
    const station = await runner.run(['start'], { ...account, ...wrong });
    const { code, stdout, stderr } = await station.ended;
    expect(code).toBe(1);
    expect(stderr.trim().split('\n')).toHaveLength(1);
    expect(stderr).toMatch(message);
    expect(stdout + stderr).not.toMatch(/\n\s+at |a-secret-that-never-shows/);
  });
});
