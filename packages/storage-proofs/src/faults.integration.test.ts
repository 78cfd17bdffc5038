import { createS3Store } from '@bucket-radio/object-store-s3';
import { seededRandom, serviceOrSkip } from '@bucket-radio/testing';
import { createUploader } from '@bucket-radio/uploader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, type Fault, startFaultyProxy } from './faulty-proxy.ts';
import { openProofBucket, type ProofBucket, proofRuns, tell } from './proof-bucket.ts';

const FILE_BYTES = 64 * 1024 ** 2;
const s3 = serviceOrSkip('s3');

describe.skipIf(!s3.available)('uploads through a proxy that spoils one of five requests', () => {
  let bucket: ProofBucket;

  beforeAll(async () => {
    bucket = await openProofBucket();
  });

  afterAll(async () => {
    await bucket?.close();
  });

  /** One upload. @returns the faults it met, and the error it ended with */
  async function upload(path: string, key: string, seed: number): Promise<{ faults: Fault[]; error: unknown }> {
    const random = seededRandom(seed);
    const faults: Fault[] = [];
    const proxy = await startFaultyProxy({
      upstream: bucket.settings.endpoint,
      faultFor: (step) => {
        if ((step !== 'part' && step !== 'complete') || random() >= 0.2) return undefined;
        const fault = FAULTS[Math.floor(random() * FAULTS.length)];
        if (fault !== undefined) faults.push(fault);
        return fault;
      },
    });
    // The waits of a real network would only make the proof longer; the number of tries is the default.
    const patience = { idleTimeoutMs: 1_000, copyTimeoutMs: 5_000, random: () => random() / 20 };
    const store = createS3Store({ ...bucket.settings, endpoint: proxy.endpoint, ...patience });
    try {
      await createUploader(store).upload(path, key).result;
      return { faults, error: undefined };
    } catch (error) {
      return { faults, error };
    } finally {
      store.close();
      proxy.close();
    }
  }

  it('end with the bytes of the file, or with a typed error, and leave nothing', async () => {
    const { seed, runs } = proofRuns(2);
    const { path, sha256 } = await bucket.noiseFile('faults.bin', FILE_BYTES);
    const played: Partial<Record<Fault, number>> = {};
    const failed: unknown[] = [];
    let identical = 0;
    for (let run = 0; run < runs; run++) {
      const key = `faults/${run}`;
      const { faults, error } = await upload(path, key, seed * 10_000 + run);
      for (const fault of faults) played[fault] = (played[fault] ?? 0) + 1;
      if (error === undefined) {
        expect(await bucket.sha256Of(key)).toBe(sha256);
        identical++;
        await bucket.store.delete(key);
      } else {
        expect(error).toMatchObject({ name: expect.stringMatching(/^(ObjectStoreError|UploadError)$/) });
        failed.push(error);
      }
    }
    expect(Object.values(played).reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
    const leftBefore = await bucket.uploadsLeft();
    const { aborted } = await createUploader(bucket.store).sweep({ olderThanMs: 0, prefix: 'faults/' });
    const leftAfter = await bucket.uploadsLeft();
    tell('faults', {
      runs,
      identical,
      failed: failed.map(String),
      played,
      leftBefore,
      swept: aborted.length,
      leftAfter,
    });
    expect(failed.length, String(failed[0])).toBeLessThanOrEqual(runs / 200);
    expect(leftAfter).toBe(0);
  }, 7_200_000);
});
