import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { createS3Store } from '@bucket-radio/object-store-s3';
import { seededRandom, serviceOrSkip } from '@bucket-radio/testing';
import { createUploader, type UploadResult } from '@bucket-radio/uploader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { type FaultyProxyOptions, startFaultyProxy } from './faulty-proxy.ts';
import { openProofBucket, type ProofBucket, proofRuns, tell } from './proof-bucket.ts';

const FILE_BYTES = 64 * 1024 ** 2;
const LANES_HOLD_BYTES = 4 * 5 * 1024 ** 2;
const CHILD = fileURLToPath(new URL('upload-child.ts', import.meta.url));
const s3 = serviceOrSkip('s3');

/** When the process is killed: at a byte of the parts, or on either side of the server's doing of a step. */
type Moment = { readonly bytes: number } | { readonly step: 'create' | 'complete'; readonly at: 'before' | 'after' };

const STEPS: readonly Moment[] = [
  { step: 'create', at: 'before' },
  { step: 'create', at: 'after' },
  { step: 'complete', at: 'before' },
  { step: 'complete', at: 'after' },
];

function pickMoment(random: () => number): Moment {
  const step = random() < 0.2 ? STEPS[Math.floor(random() * STEPS.length)] : undefined;
  return step ?? { bytes: Math.floor(random() * FILE_BYTES) };
}

/** Has `kill` called at the moment. A step's request waits for ever then: nothing reaches who was killed. */
function watchFor(moment: Moment, kill: () => void): Partial<FaultyProxyOptions> {
  if ('bytes' in moment) return { onPartBytes: (total) => total > moment.bytes && kill() };
  return {
    onStep: async (step, at) => {
      if (step !== moment.step || at !== moment.at) return;
      kill();
      await new Promise(() => {});
    },
  };
}

describe.skipIf(!s3.available)('uploads that are killed', () => {
  let bucket: ProofBucket;

  beforeAll(async () => {
    bucket = await openProofBucket();
  });

  afterAll(async () => {
    await bucket?.close();
  });

  /** Uploads in a process of its own until it is killed. @returns part bytes that left it */
  async function uploadAndKill(path: string, key: string, journal: string, moment: Moment): Promise<number> {
    let kill = (): void => {};
    const watching = watchFor(moment, () => kill());
    const proxy = await startFaultyProxy({ upstream: bucket.settings.endpoint, ...watching });
    const target = JSON.stringify({ ...bucket.settings, endpoint: proxy.endpoint });
    const args = ['--conditions=@bucket-radio/source', CHILD, target, path, key, journal];
    const child = spawn(process.execPath, args, { stdio: ['ignore', 'ignore', 'inherit'] });
    kill = () => child.kill('SIGKILL');
    const [, signal] = await once(child, 'exit');
    expect(signal, `killed at ${JSON.stringify(moment)}`).toBe('SIGKILL');
    proxy.close();
    return proxy.partBytes();
  }

  async function resume(path: string, key: string, journalDirectory: string): Promise<[UploadResult, number]> {
    const proxy = await startFaultyProxy({ upstream: bucket.settings.endpoint });
    const store = createS3Store({ ...bucket.settings, endpoint: proxy.endpoint });
    const result = await createUploader(store, { journalDirectory }).upload(path, key).result;
    store.close();
    proxy.close();
    return [result, proxy.partBytes()];
  }

  it('go on where they were, and send no more than their lanes held again', async () => {
    const { seed, runs } = proofRuns(2);
    const { path, sha256 } = await bucket.noiseFile('killed.bin', FILE_BYTES);
    const moments: Record<string, number> = {};
    let mostSentTwice = 0;
    for (let run = 0; run < runs; run++) {
      const moment = pickMoment(seededRandom(seed * 10_000 + run));
      const kind = 'bytes' in moment ? 'part bytes' : `${moment.at} ${moment.step}`;
      moments[kind] = (moments[kind] ?? 0) + 1;
      const key = `killed/${run}`;
      const journal = join(bucket.directory, `journal-${run}`);
      const sentBefore = await uploadAndKill(path, key, journal, moment);
      const [result, sentAfter] = await resume(path, key, journal);
      const sentTwice = sentBefore + sentAfter - FILE_BYTES;
      mostSentTwice = Math.max(mostSentTwice, sentTwice);
      expect(sentTwice, `killed at ${JSON.stringify(moment)}, seed ${seed}`).toBeLessThanOrEqual(LANES_HOLD_BYTES);
      expect(result.size).toBe(FILE_BYTES);
      expect(await bucket.sha256Of(key)).toBe(sha256);
      await bucket.store.delete(key);
    }
    // Killed before it heard of its upload's id, a process leaves one that no journal knows.
    const leftBefore = await bucket.uploadsLeft();
    await createUploader(bucket.store).sweep({ olderThanMs: 0, prefix: 'killed/' });
    const leftAfter = await bucket.uploadsLeft();
    tell('kills', { runs, identical: runs, moments, mostSentTwice, allowed: LANES_HOLD_BYTES, leftBefore, leftAfter });
    expect(leftBefore).toBeLessThanOrEqual(moments['after create'] ?? 0);
    expect(leftAfter).toBe(0);
  }, 7_200_000);
});
