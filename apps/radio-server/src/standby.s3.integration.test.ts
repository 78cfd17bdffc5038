import { manifestSchema } from '@bucket-radio/manifest/schema';
import { createBucket, createS3Store } from '@bucket-radio/object-store-s3';
import { serviceOrSkip } from '@bucket-radio/testing';
import { afterEach, describe, expect, it } from 'vitest';
import { StationRunner } from './testing/station-process.ts';

const account = {
  R2_ENDPOINT: process.env['S3_ENDPOINT'] ?? 'http://127.0.0.1:9',
  R2_BUCKET: `standby-${process.pid}`,
  R2_ACCESS_KEY: process.env['S3_ACCESS_KEY'] ?? 'unset',
  R2_SECRET_KEY: process.env['S3_SECRET_KEY'] ?? 'unset',
};
const ARGS = ['start', '--segment-seconds', '1', '--archive', 'off', '--source', 'tone'];

describe.skipIf(!serviceOrSkip('s3').available)('a second encoder that stands by', () => {
  const runner = new StationRunner();
  afterEach(async () => await runner.cleanUp());

  it('takes over from an encoder that froze, which finds itself fenced when it wakes', {
    timeout: 180_000,
  }, async () => {
    const options = {
      endpoint: account.R2_ENDPOINT,
      bucket: account.R2_BUCKET,
      accessKeyId: account.R2_ACCESS_KEY,
      secretAccessKey: account.R2_SECRET_KEY,
    };
    await createBucket(options);
    const bucket = createS3Store(options);
    const readManifest = async () =>
      manifestSchema.parse(JSON.parse(await (await bucket.get('live/manifest.json')).text()));
    const leader = await runner.run(ARGS, account);
    await leader.waitFor('segment 1: ');
    const standby = await runner.run([...ARGS, '--standby'], account);
    await standby.waitFor('standing by');
    leader.kill('SIGSTOP');
    const frozen = await readManifest();
    await standby.waitFor('(takeover)');
    await standby.waitFor('published in');
    const taken = await readManifest();
    expect(taken.epoch).not.toBe(frozen.epoch);
    expect(taken.latest).toBeGreaterThan(frozen.latest);
    expect(taken).toMatchObject({ live: true, previous: { epoch: frozen.epoch } });

    leader.kill('SIGCONT');
    const { code, stderr } = await leader.ended;
    expect([code, stderr]).toEqual([1, expect.stringMatching(/^radio: another encoder .* publishes .*--standby\n$/)]);
    standby.kill('SIGTERM');
    expect((await standby.ended).code).toBe(0);
    const last = await readManifest();
    expect(last).toMatchObject({ live: false, epoch: taken.epoch });
    expect(last.latest).toBeGreaterThanOrEqual(taken.latest);
    bucket.close();
  });
});
