import { spawn } from 'node:child_process';
import { createHash, randomBytes } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { fileURLToPath } from 'node:url';
import { createS3Store, type S3Store } from '@bucket-radio/object-store-s3';
import { seededRandom, serviceOrSkip } from '@bucket-radio/testing';
import { createUploader } from '@bucket-radio/uploader';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { FAULTS, startFaultyProxy } from './faulty-proxy.ts';
import { openS3, s3Settings } from './s3.ts';

const MIB = 1024 ** 2;
const s3 = serviceOrSkip('s3');
const seed = Number(process.env['PROVE_SEED'] ?? 1);
const scale = Number(process.env['PROVE_SCALE'] ?? 1);

describe.skipIf(!s3.available)('uploads to a real server', () => {
  const settings = s3Settings();
  let store: S3Store;
  let directory: string;

  beforeAll(async () => {
    store = await openS3(settings);
    directory = await mkdtemp(join(tmpdir(), 'storage-proofs-'));
  });

  afterAll(async () => {
    store?.close();
    await rm(directory, { recursive: true, force: true });
  });

  async function digestOf(key: string): Promise<string> {
    const hash = createHash('sha256');
    for await (const chunk of (await store.get(key)).body) hash.update(chunk);
    return hash.digest('hex');
  }
  const digest = (bytes: Uint8Array): string => createHash('sha256').update(bytes).digest('hex');
  async function uploadsLeft(): Promise<number> {
    let count = 0;
    for await (const _ of store.listMultiparts()) count++;
    return count;
  }
  async function fileOf(bytes: Uint8Array, name: string): Promise<string> {
    const path = join(directory, name);
    await writeFile(path, bytes);
    return path;
  }

  it('a file, a buffer and a stream of unknown length arrive whole, and are read back', async () => {
    const bytes = randomBytes(17 * MIB + 12_345);
    const uploader = createUploader(store);
    const sources = [
      await fileOf(bytes, 'whole.flac'),
      bytes,
      Readable.from([bytes.subarray(0, 9 * MIB), bytes.subarray(9 * MIB)]),
    ];
    for (const source of sources) {
      const result = await uploader.upload(source, 'whole.flac', { verify: 'read' }).result;
      expect(result).toMatchObject({ size: bytes.length, parts: 4 });
      expect((await store.head('whole.flac')).attributes.contentType).toBe('audio/flac');
      expect(await digestOf('whole.flac')).toBe(digest(bytes));
      await store.delete('whole.flac');
    }
    expect(await uploadsLeft()).toBe(0);
  });

  it('a stream that outgrows one upload is joined by the server', async () => {
    const bytes = randomBytes(42 * MIB);
    for (const equalParts of [false, true]) {
      const { capabilities } = store;
      const small = {
        ...store,
        capabilities: { ...capabilities, multipart: { ...capabilities.multipart, maxParts: 4, equalParts } },
      };
      const uploader = createUploader(small, { copyPartBytes: 20 * MIB });
      const result = await uploader.upload(Readable.from([bytes]), 'long', { verify: 'read' }).result;
      expect(result.size).toBe(bytes.length);
      const keys: string[] = [];
      for await (const { key } of store.list()) keys.push(key);
      expect(keys).toEqual(['long']);
    }
    await store.delete('long');
  });

  it('an object is copied with its metadata, whole or in parts', async () => {
    const bytes = randomBytes(12 * MIB);
    const attributes = { contentType: 'audio/flac', metadata: { station: 'one' } };
    await store.put('from', bytes, { attributes });
    for (const copyPartBytes of [5 * MIB, 1024 * MIB]) {
      await createUploader(store, { copyPartBytes }).copyObject('from', 'to');
      expect(await digestOf('to')).toBe(digest(bytes));
      expect((await store.head('to')).attributes.metadata).toMatchObject({ station: 'one' });
    }
    await store.delete('from');
    await store.delete('to');
  });

  it('wrong buckets and wrong secrets fail with their own codes', async () => {
    const cases = [
      [{ bucket: 'no-such-bucket' }, 'NotFound'],
      [{ secretAccessKey: 'wrong' }, 'Unauthenticated'],
    ] as const;
    for (const [changes, code] of cases) {
      const wrong = createS3Store({ ...settings, ...changes });
      for (const size of [10, 6 * MIB]) {
        await expect(createUploader(wrong).upload(randomBytes(size), 'x').result).rejects.toMatchObject({ code });
      }
      wrong.close();
    }
  });

  it('with a fault in one of five part requests every upload ends right, and leaves nothing', async () => {
    const runs = Math.max(1, Math.round(3 * scale));
    const size = (scale >= 1 ? 64 : 16) * MIB;
    const source = randomBytes(size);
    const expected = digest(source);
    const path = await fileOf(source, 'faults.bin');
    const failed: unknown[] = [];
    for (let run = 0; run < runs; run++) {
      const random = seededRandom(seed * 1000 + run);
      const proxy = await startFaultyProxy({
        upstream: settings.endpoint,
        faultFor: (method, url) => {
          const about = url.includes('partNumber=') || (method === 'POST' && url.includes('uploadId='));
          if (!about || random() >= 0.2) return undefined;
          return FAULTS[Math.floor(random() * FAULTS.length)];
        },
      });
      const faulty = createS3Store({
        ...settings,
        endpoint: proxy.endpoint,
        idleTimeoutMs: 1_000,
        // Delays as they are would only make the test longer.
        random: () => random() / 20,
      });
      const key = `faults/${run}`;
      try {
        await createUploader(faulty).upload(path, key).result;
        expect(await digestOf(key)).toBe(expected);
        expect([...proxy.played.values()].reduce((sum, count) => sum + count, 0)).toBeGreaterThan(0);
      } catch (error) {
        expect(error).toMatchObject({ name: expect.stringMatching(/^(ObjectStoreError|UploadError)$/) });
        failed.push(error);
      } finally {
        faulty.close();
        proxy.close();
        await store.delete(key);
      }
    }
    await createUploader(store).sweep({ olderThanMs: 0, prefix: 'faults/' });
    expect(failed.length, String(failed[0])).toBeLessThanOrEqual(runs / 200);
    expect(await uploadsLeft()).toBe(0);
  }, 7_200_000);

  it('killed at any point, an upload is resumed and sends no more than its lanes held again', async () => {
    const runs = Math.max(1, Math.round(3 * scale));
    const bytes = randomBytes(64 * MIB);
    const expected = digest(bytes);
    const path = await fileOf(bytes, 'killed.bin');
    const random = seededRandom(seed);
    const child = fileURLToPath(new URL('upload-child.ts', import.meta.url));
    for (let run = 0; run < runs; run++) {
      const key = `killed/${run}`;
      const journal = join(directory, `journal-${run}`);
      const proxy = await startFaultyProxy({ upstream: settings.endpoint, faultFor: () => undefined });
      const target = JSON.stringify({ ...settings, endpoint: proxy.endpoint });
      const killAt = random() * bytes.length;
      const process_ = spawn(
        process.execPath,
        ['--conditions=@bucket-radio/source', child, target, path, key, journal],
        { stdio: ['ignore', 'pipe', 'inherit'] },
      );
      let reached = 0;
      process_.stdout.on('data', (data: Buffer) => {
        reached = Math.max(reached, ...data.toString().split('\n').map(Number));
        if (reached >= killAt) process_.kill('SIGKILL');
      });
      await once(process_, 'exit');
      const sentBefore = proxy.partBytes();
      const resuming = createS3Store({ ...settings, endpoint: proxy.endpoint });
      const result = await createUploader(resuming, { journalDirectory: journal }).upload(path, key).result;
      const sentTwice = proxy.partBytes() - bytes.length;
      expect(sentTwice, `killed at ${reached} of ${bytes.length}, ${sentBefore} sent`).toBeLessThanOrEqual(4 * 5 * MIB);
      expect(result.size).toBe(bytes.length);
      expect(await digestOf(key)).toBe(expected);
      resuming.close();
      proxy.close();
      await store.delete(key);
    }
    expect(await uploadsLeft()).toBe(0);
  }, 7_200_000);
});
