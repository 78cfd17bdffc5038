import { cp } from 'node:fs/promises';
import { join } from 'node:path';
import { type Manifest, PLAYLIST_KEYS, parseManifest, parseMediaPlaylist } from '@bucket-radio/manifest';
import { isObjectStoreError, type ObjectStore, withPrefix } from '@bucket-radio/object-store';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { s3Account } from './testing/s3-account.ts';
import { type StationProcess, StationRunner } from './testing/station-process.ts';

const { options, env: account } = s3Account('standby');
/** As long as a standby and a busy computer may need: nothing is asked to be quick here. */
const PATIENCE = { timeout: 120_000, interval: 100 };

describe.skipIf(!serviceOrSkip('s3').available)('two encoders of one station', { timeout: 240_000 }, () => {
  const runner = new StationRunner();
  const bucket = createS3Store(options);

  beforeAll(async () => await createBucket(options));
  afterAll(async () => {
    await runner.cleanUp();
    bucket.close();
  });

  /** Processes of one station: each with a data directory of its own, as on another computer. */
  async function start(prefix: string, ...args: readonly string[]): Promise<StationProcess> {
    const always = ['--segment-seconds', '2', '--archive', 'off'];
    return await runner.run(['start', ...always, ...args], { ...account, RADIO_PREFIX: prefix });
  }

  it.concurrent('refuses to start by mistake beside the one on air', async () => {
    const leader = await start('mistake');
    await leader.waitFor('published in');
    const { code, stderr } = await (await start('mistake')).ended;
    expect(code).toBe(1);
    expect(stderr).toMatch(/^radio: another encoder publishes "bucket-radio" in .*: stop it, .*--standby\n$/);
    leader.kill('SIGTERM');
    expect((await leader.ended).code).toBe(0);
  });

  it.concurrent('stops the first when the second was started with a copy of its data', async () => {
    const leader = await start('copy');
    await leader.waitFor('published in');
    const copy = join(leader.directory, 'copy');
    // What is on its way through the spool, or being renamed, may be gone while it is copied: then once more.
    const data = join(leader.directory, 'data');
    const filter = (path: string): boolean => !path.startsWith(join(data, 'spool'));
    await vi.waitFor(async () => await cp(data, copy, { recursive: true, filter }), { timeout: 10_000 });
    const second = await runner.run(['start', '--segment-seconds', '2', '--archive', 'off'], {
      ...account,
      RADIO_PREFIX: 'copy',
      RADIO_DATA_DIR: copy,
    });
    const { code, stderr } = await leader.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(FENCED)]);
    await second.waitFor('published in');
    second.kill('SIGTERM');
    expect((await second.ended).code).toBe(0);
    expect(await manifestOf(withPrefix(bucket, 'copy/'))).toMatchObject({ live: false });
  });

  it.concurrent('takes over from one that was killed', async () => {
    const store = withPrefix(bucket, 'killed/');
    const [leader, standby] = await Promise.all([start('killed'), start('killed', '--standby')]);
    await Promise.all([leader.waitFor('segment 1: '), standby.waitFor('standing by')]);
    leader.kill('SIGKILL');
    await leader.ended;
    const left = await manifestOf(store);
    await standby.waitFor('published in');
    const taken = await manifestOf(store);
    expect(taken).toMatchObject({
      live: true,
      first: left.latest + 1,
      previous: { epoch: left.epoch, latest: left.latest },
    });
    expect(taken.epoch > left.epoch).toBe(true);
    standby.kill('SIGTERM');
    expect((await standby.ended).code).toBe(0);
  });

  it.concurrent('takes over from one that froze, and that one writes nothing when it wakes up', async () => {
    const store = withPrefix(bucket, 'frozen/');
    const [leader, standby] = await Promise.all([start('frozen'), start('frozen', '--standby')]);
    await Promise.all([leader.waitFor('segment 1: '), standby.waitFor('standing by')]);
    // Between two segments: what is on the line already nobody can call back.
    await vi.waitFor(async () => expect(await listedBy(store)).toBe((await manifestOf(store)).latest), PATIENCE);
    leader.kill('SIGSTOP');
    const { epoch, latest } = await manifestOf(store);
    await standby.waitFor('published in');
    await vi.waitFor(async () => expect(await listedBy(store)).toBeGreaterThan(latest), PATIENCE);
    const before = await objectsOf(store, epoch);
    leader.kill('SIGCONT');
    const { code, stderr } = await leader.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(FENCED)]);
    // What the new one has not deleted meanwhile is as it was, and nothing has come.
    for (const [key, etag] of await objectsOf(store, epoch)) expect([key, before.get(key)]).toEqual([key, etag]);
    const now = await manifestOf(store);
    expect(now.epoch).not.toBe(epoch);
    await vi.waitFor(async () => expect(await listedBy(store)).toBeGreaterThanOrEqual(now.latest), PATIENCE);
    standby.kill('SIGTERM');
    expect((await standby.ended).code).toBe(0);
  });
});

const FENCED =
  /^radio: another encoder \(\w{26}\) publishes "bucket-radio" in .* took over while this one was frozen or cut off\. This one has stopped and writes nothing more.*--standby\n$/;

async function manifestOf(store: ObjectStore): Promise<Manifest> {
  return parseManifest(await (await store.get('manifest.json')).text());
}

/** The newest segment of `hq.m3u8`, which is written after the manifest. */
async function listedBy(store: ObjectStore): Promise<number> {
  try {
    return parseMediaPlaylist(await (await store.get(PLAYLIST_KEYS.hq)).text()).at(-1)?.index ?? -1;
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return -1;
    throw error;
  }
}

async function objectsOf(store: ObjectStore, epoch: string): Promise<Map<string, string>> {
  const found = new Map<string, string>();
  for await (const { key, etag } of store.list({ prefix: epoch })) found.set(key, etag);
  return found;
}
