import { createHash } from 'node:crypto';
import { mkdtemp, readFile, rm, stat, utimes } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describeRecordings, sidecarPath } from '@bucket-radio/archive';
import { createMemoryStore, type FullObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import { createUploader, type Upload, type Uploader } from '@bucket-radio/uploader';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { resolveConfig } from '../config/load.ts';
import { makeRecording } from '../testing/recording-file.ts';
import { ColdStorage, type ColdStorageOptions } from './cold-storage.ts';
import { refusePublicBucket } from './cold-store.ts';
import { archiveKey, storeRecording } from './store-recording.ts';

const EIGHT_PM = Date.UTC(2026, 10, 20, 20);
const HOUR_MS = 3_600_000;

let directory: string;
let memory: FullObjectStore;
let path: string;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'cold-'));
  memory = createMemoryStore();
  path = await makeRecording({ directory, startMs: EIGHT_PM, blocks: 5, seed: 1 });
});
afterEach(async () => await rm(directory, { recursive: true }));

/** In place of a decoder: what STREAMINFO says. */
async function pcmMd5(file: string): Promise<Uint8Array> {
  return (await readFile(file)).subarray(26, 42);
}

async function only() {
  const [recording] = await describeRecordings(directory);
  return recording!;
}

async function store(into = memory, md5 = pcmMd5) {
  return await storeRecording(await only(), {
    store: into,
    uploader: createUploader(into),
    pcmMd5: md5,
    now: () => 42,
  });
}

async function keys(): Promise<string[]> {
  const found: string[] = [];
  for await (const { key } of memory.list()) found.push(key);
  return found;
}

describe('one recording', () => {
  it('is put under its time and content with its sidecar, and says where it is', async () => {
    const bytes = await readFile(path);
    const sha256 = createHash('sha256').update(bytes).digest('hex');
    const key = `archive/2026/11/20/200000Z-${sha256.slice(0, 12)}.flac`;
    expect(archiveKey(EIGHT_PM + 999, sha256)).toBe(key);
    expect(await store()).toEqual({ key, how: 'uploaded', bytes: bytes.length, resumedBytes: 0 });
    const stored = await memory.get(key);
    expect(stored.attributes).toMatchObject({ contentType: 'audio/flac', metadata: { sha256 } });
    expect(Buffer.from(await stored.bytes()).equals(bytes)).toBe(true);
    expect(await keys()).toEqual([key, key.replace('.flac', '.jsonl')]);
    expect((await only()).stored).toEqual({
      type: 'stored',
      atMs: 42,
      store: memory.name,
      key,
      sha256,
      bytes: bytes.length,
      modifiedMs: (await stat(path)).mtimeMs,
    });
  });

  it('is not sent again where it is', async () => {
    await store();
    await rm(sidecarPath(path));
    expect((await only()).stored).toBeUndefined();
    const put: string[] = [];
    const counting: FullObjectStore = {
      ...memory,
      put: async (key, body, options) => {
        put.push(key);
        return await memory.put(key, body, options);
      },
    };
    expect(await store(counting)).toMatchObject({ how: 'present', resumedBytes: 0 });
    expect(put).toEqual([expect.stringMatching(/\.jsonl$/)]);
    expect((await only()).stored?.key).toBe(put[0]?.replace('.jsonl', '.flac'));
  });

  it('is not stored when it decodes to something else, or not at all', async () => {
    await expect(store(memory, async () => await Promise.resolve(new Uint8Array(16)))).rejects.toThrow(
      /decodes to 0{32}, but was recorded as [0-9a-f]{32}: it stays here, and is not stored/,
    );
    await expect(store(memory, async () => await Promise.reject(new Error('torn')))).rejects.toThrow('does not decode');
    expect(await keys()).toEqual([]);
    expect((await only()).stored).toBeUndefined();
  });

  it('is not stored when the store gives other bytes back; those are deleted there, not here', async () => {
    const lying: FullObjectStore = {
      ...memory,
      get: async (key, options) => {
        const result = await memory.get(key, options);
        if (!key.endsWith('.flac')) return result;
        const bytes = await result.bytes();
        bytes[1000]! ^= 1;
        return { ...result, body: new Blob([bytes as Uint8Array<ArrayBuffer>]).stream() };
      },
    };
    await expect(store(lying)).rejects.toThrow('gave other bytes');
    expect((await keys()).filter((key) => key.endsWith('.flac'))).toEqual([]);
    expect(await only()).toMatchObject({ isLocal: true, stored: undefined });
    expect(await store()).toMatchObject({ how: 'uploaded' });
  });

  it('is not taken for stored when it was changed meanwhile', async () => {
    const slow: FullObjectStore = {
      ...memory,
      get: async (key, options) => {
        if (key.endsWith('.flac')) await utimes(path, 7, 7);
        return await memory.get(key, options);
      },
    };
    await expect(store(slow)).rejects.toThrow('was changed while it was stored; it stays here');
    expect((await only()).stored).toBeUndefined();
  });
});

describe('cold storage', () => {
  const logged: string[] = [];
  const log = {
    info: (line: string) => void logged.push(line),
    warn: (line: string) => void logged.push(line),
    error: (line: string) => void logged.push(line),
  } as unknown as ColdStorageOptions['log'];

  /** Runs until there is nothing left to store, and no longer. */
  async function run(
    changes: Partial<ColdStorageOptions> = {},
  ): Promise<{ readonly slept: number[]; stored: string[] }> {
    logged.length = 0;
    const slept: number[] = [];
    const stored: string[] = [];
    const cold: ColdStorage = new ColdStorage({
      directory,
      store: memory,
      uploader: createUploader(memory),
      pcmMd5,
      log,
      isLiveBehind: () => false,
      check: async () => await Promise.resolve(),
      onStored: (recording) => stored.push(recording.path),
      sleep: async (ms, signal) => {
        if (ms === 1000) {
          await new Promise<void>((resolve) => signal.addEventListener('abort', () => resolve(), { once: true }));
          return;
        }
        slept.push(ms);
        if (ms === HOUR_MS || slept.length > 20) cold.stop();
        await Promise.resolve();
      },
      ...changes,
    });
    await cold.run();
    return { slept, stored };
  }

  it('stores everything that is not, oldest first, and then waits', async () => {
    const later = await makeRecording({ directory, startMs: EIGHT_PM + 2 * HOUR_MS, blocks: 3, seed: 2 });
    const between = await makeRecording({ directory, startMs: EIGHT_PM + HOUR_MS, blocks: 3, seed: 3 });
    expect(await run()).toEqual({ slept: [HOUR_MS], stored: [path, between, later] });
    expect(await run()).toEqual({ slept: [HOUR_MS], stored: [] });
  });

  it('goes round a damaged recording, and says so once', async () => {
    const later = await makeRecording({ directory, startMs: EIGHT_PM + HOUR_MS, blocks: 3, seed: 2 });
    const broken = async (file: string): Promise<Uint8Array> =>
      file === path ? await Promise.reject(new Error('torn')) : await pcmMd5(file);
    expect(await run({ pcmMd5: broken })).toEqual({ slept: [HOUR_MS], stored: [later] });
    expect(logged.filter((line) => line.includes('does not decode'))).toHaveLength(1);
  });

  it('tries a failing store again, later and later', async () => {
    let failures = 7;
    const failing: FullObjectStore = {
      ...memory,
      head: async (key, call) => {
        if (failures-- > 0) throw new ObjectStoreError('Unavailable', 'the store does not answer');
        return await memory.head(key, call);
      },
    };
    const { slept, stored } = await run({ store: failing });
    expect(stored).toEqual([path]);
    expect(slept).toEqual(
      [30, 60, 120, 240, 480, 960, 1920, 3600]
        .map((s) => s * 1000)
        .slice(0, 7)
        .concat(HOUR_MS),
    );
  });

  it('sends no new part while segments wait for the live bucket', async () => {
    const real = createUploader(memory);
    const said: string[] = [];
    const liveAgain = Promise.withResolvers<void>();
    const held: Uploader = {
      ...real,
      upload: (source, key, options): Upload => ({
        ...real.upload(source, key, options),
        key,
        pause: () => void said.push('pause'),
        resume: () => {
          said.push('resume');
          liveAgain.resolve();
        },
        result: liveAgain.promise.then(async () => await real.upload(source, key, options).result),
      }),
    };
    let looks = 0;
    const { stored } = await run({
      uploader: held,
      isLiveBehind: () => looks++ < 3,
      sleep: async (ms, signal) => {
        if (ms !== 1000) signal.throwIfAborted();
        await new Promise<void>((resolve) => setImmediate(resolve));
        if (ms === HOUR_MS) throw new Error('done');
      },
    }).catch(async () => ({ stored: [(await only()).path] }));
    expect(said.slice(0, 4)).toEqual(['pause', 'pause', 'pause', 'resume']);
    expect(stored).toEqual([path]);
    expect((await only()).stored).toBeDefined();
  });

  it('stores nothing before its bucket passed the check', async () => {
    let checks = 0;
    const check = async (): Promise<void> => {
      checks += 1;
      if (checks < 3) throw new Error('anyone can read it');
      await Promise.resolve();
    };
    const { stored } = await run({ check });
    expect([checks, stored]).toEqual([3, [path]]);
    expect(logged[0]).toBe('recordings wait to be stored: anyone can read it; trying again in 30 s');
  });
});

describe('the archive bucket', () => {
  const config = resolveConfig({
    env: {
      R2_ENDPOINT: 'https://live.example',
      R2_BUCKET: 'live-radio',
      R2_ACCESS_KEY: 'a',
      R2_SECRET_KEY: 'b',
      R2_PUBLIC_URL: 'https://radio.example/',
      RADIO_ARCHIVE_ENDPOINT: 'https://cold.example',
      RADIO_ARCHIVE_BUCKET: 'recordings',
      RADIO_ARCHIVE_ACCESS_KEY: 'c',
      RADIO_ARCHIVE_SECRET_KEY: 'd',
    },
  });
  const asked: string[] = [];
  /** The web, as anybody sees it: one of its addresses shows the bucket. */
  const web = (address: string) => async (url: string) => {
    asked.push(url.replace(/[0-9a-f]{24}$/, 'RANDOM'));
    if (!url.startsWith(address)) return new Response('no', { status: 403 });
    return new Response(await (await memory.get(url.slice(address.length))).text());
  };

  it('is used when nobody can read it', async () => {
    await refusePublicBucket(memory, config, web('https://nowhere/'));
    expect(asked).toEqual([
      'https://cold.example/recordings/archive/.probe-RANDOM',
      'https://radio.example/archive/.probe-RANDOM',
    ]);
    expect(await keys()).toEqual([]);
  });

  it.each(['https://cold.example/recordings/', 'https://radio.example/'])(
    'is refused when anybody can read it at %s, unless that is wanted',
    async (address) => {
      await expect(refusePublicBucket(memory, config, web(address))).rejects.toThrow(
        `anyone can read the archive bucket "recordings" at ${address.slice(0, -1)}: use a private one`,
      );
      expect(await keys()).toEqual([]);
      await refusePublicBucket(memory, { ...config, archivePublic: true }, web(address));
    },
  );

  it('is not taken for public when an address does not answer', async () => {
    await refusePublicBucket(memory, config, async () => await Promise.reject(new Error('no such host')));
  });
});
