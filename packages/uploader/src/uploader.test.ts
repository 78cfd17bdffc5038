import { createHash } from 'node:crypto';
import { mkdtemp, readdir, rm, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { createFileStore, createMemoryStore, type FullObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import { seededRandom } from '@bucket-radio/testing';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { createDedupeIndex } from './dedupe.ts';
import { greatestDivisor } from './staging.ts';
import type { UploadSource } from './types.ts';
import { createUploader } from './uploader.ts';

/** A tenth of a MiB, so that small sources have many parts. */
const CHUNK_MB = 0.1;
const CHUNK = Math.round(CHUNK_MB * 1024 ** 2);

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'uploader-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

function noise(size: number, seed = 1): Uint8Array<ArrayBuffer> {
  const random = seededRandom(seed);
  return Uint8Array.from({ length: size }, () => random() * 256);
}

async function fileOf(bytes: Uint8Array, name = 'source.flac'): Promise<string> {
  const path = join(directory, name);
  await writeFile(path, bytes);
  return path;
}

async function stored(store: FullObjectStore, key: string): Promise<Buffer> {
  return Buffer.from(await (await store.get(key)).bytes());
}

async function all<Item>(items: AsyncIterable<Item>): Promise<Item[]> {
  const found: Item[] = [];
  for await (const item of items) found.push(item);
  return found;
}

/** A store of which one method is replaced. */
function altered(store: FullObjectStore, changes: Partial<FullObjectStore>): FullObjectStore {
  return { ...store, ...changes };
}

describe('every kind of source', () => {
  const kinds: [string, (bytes: Uint8Array<ArrayBuffer>) => Promise<UploadSource>][] = [
    ['file', (bytes) => fileOf(bytes)],
    ['file URL', async (bytes) => new URL(`file://${await fileOf(bytes)}`)],
    ['Buffer', async (bytes) => Buffer.from(bytes)],
    ['Blob', async (bytes) => new Blob([bytes])],
    ['Node stream', async (bytes) => Readable.from(pieces(bytes, 7_001))],
    ['web stream', async (bytes) => new Blob([bytes]).stream()],
    ['async generator', async (bytes) => pieces(bytes, 200_000)],
  ];
  for (const [kind, make] of kinds) {
    it.each([0, 1, CHUNK - 1, CHUNK, CHUNK + 1, 10 * CHUNK + 17])(
      `a ${kind} of %i bytes arrives whole`,
      async (size) => {
        const store = createMemoryStore();
        const bytes = noise(size);
        const upload = createUploader(store, { multipartChunkSizeMb: CHUNK_MB }).upload(await make(bytes), 'a/b.flac', {
          verify: 'read',
        });
        const result = await upload.result;
        expect(result).toMatchObject({ key: 'a/b.flac', size, resumedBytes: 0 });
        expect(result.parts).toBe(size < CHUNK ? 0 : Math.ceil(size / CHUNK));
        expect((await stored(store, 'a/b.flac')).equals(bytes)).toBe(true);
        const head = await store.head('a/b.flac');
        expect(head.attributes).toEqual({ contentType: 'audio/flac', metadata: { 'upload-id': result.id } });
        expect(upload.progress.bytes).toBe(size);
        expect(await all(store.listMultiparts())).toEqual([]);
      },
    );
  }

  async function* pieces(bytes: Uint8Array, size: number): AsyncGenerator<Uint8Array> {
    for (let at = 0; at < bytes.length; at += size) yield bytes.subarray(at, at + size);
  }
});

describe('the memory of a stream', () => {
  it('is given back when its upload is complete', async () => {
    const store = createMemoryStore();
    const parts: Uint8Array[] = [];
    const watched = altered(store, {
      putPart: async (upload, partNumber, body, options) => {
        if (body instanceof Uint8Array) throw new Error('a part came in one piece');
        for await (const chunk of body.chunks()) parts.push(chunk);
        return store.putPart(upload, partNumber, body, options);
      },
    });
    const bytes = noise(5 * CHUNK + 1_000);
    const stream = Readable.from([bytes.subarray(0, CHUNK), bytes.subarray(CHUNK)]);
    await createUploader(watched, { multipartChunkSizeMb: CHUNK_MB }).upload(stream, 'x').result;
    expect(parts.length).toBeGreaterThanOrEqual(6);
    expect(parts.every(({ length }) => length === 0)).toBe(true);
    expect(await stored(store, 'x')).toEqual(Buffer.from(bytes));
  });
});

describe('part sizes', () => {
  it('grow for a known size so that the parts suffice, and are equal except the last', async () => {
    const store = createMemoryStore({ multipart: { maxParts: 4, equalParts: true } });
    const sizes: number[] = [];
    const watched = altered(store, {
      putPart: (upload, partNumber, body, options) => {
        sizes.push('size' in body ? body.size : body.length);
        return store.putPart(upload, partNumber, body, options);
      },
    });
    const bytes = noise(5_000_000);
    await createUploader(watched, { multipartChunkSizeMb: CHUNK_MB }).upload(bytes, 'x').result;
    expect(sizes.sort((a, b) => b - a)).toEqual([2_097_152, 2_097_152, 805_696]);
    expect((await stored(store, 'x')).equals(bytes)).toBe(true);
  });

  it.each([
    ['of any size', false],
    ['of equal size', true],
  ])('a stream of unknown length outgrows one upload, with parts %s', async (_what, equalParts) => {
    const store = createMemoryStore({ multipart: { maxParts: 6, equalParts } });
    for (const size of [CHUNK * 3, CHUNK * 6, CHUNK * 6 + 1, CHUNK * 15 + 5, CHUNK * 18]) {
      const bytes = noise(size);
      const uploader = createUploader(store, { multipartChunkSizeMb: CHUNK_MB, copyPartBytes: CHUNK * 6 });
      const result = await uploader.upload(Readable.from([bytes]), 'live/long', { verify: 'read' }).result;
      expect(result).toMatchObject({ size, parts: Math.ceil(size / CHUNK) });
      expect((await stored(store, 'live/long')).equals(bytes)).toBe(true);
      expect((await all(store.list())).map(({ key }) => key)).toEqual(['live/long']);
      expect(await all(store.listMultiparts())).toEqual([]);
    }
  });

  it('copied parts divide a full piece', () => {
    expect([greatestDivisor(10_000, 204), greatestDivisor(6, 4), greatestDivisor(7, 5)]).toEqual([200, 3, 1]);
  });
});

describe('progress, pause and abort', () => {
  it('progress is an iterable that ends with all bytes', async () => {
    const upload = createUploader(createMemoryStore(), { multipartChunkSizeMb: CHUNK_MB }).upload(
      noise(CHUNK * 5),
      'x',
    );
    const states = await all(upload);
    expect(states.at(-1)).toMatchObject({ bytes: CHUNK * 5, total: CHUNK * 5, parts: 5, paused: false });
    await upload.result;
  });

  it('a paused upload begins no part until it is resumed', async () => {
    const store = createMemoryStore();
    let begun = 0;
    const watched = altered(store, {
      putPart: (...call) => {
        begun++;
        if (begun === 1) upload.pause();
        return store.putPart(...call);
      },
    });
    const upload = createUploader(watched, { multipartChunkSizeMb: CHUNK_MB, multipartConcurrency: 2 }).upload(
      noise(CHUNK * 8),
      'x',
    );
    for await (const { parts, paused } of upload) if (paused && parts === begun && begun > 0) break;
    expect(begun).toBeLessThanOrEqual(2);
    upload.resume();
    expect((await upload.result).parts).toBe(8);
  });

  it.each([1, 3, 7])('an upload aborted at part %i leaves no part, no journal and no object', async (at) => {
    const store = createMemoryStore();
    let begun = 0;
    let inFlight = 0;
    let aborted: Promise<void> | undefined;
    const watched = altered(store, {
      putPart: async (...call) => {
        begun++;
        inFlight++;
        if (begun === at) aborted = upload.abort();
        return store.putPart(...call).finally(() => inFlight--);
      },
    });
    const uploader = createUploader(watched, {
      multipartChunkSizeMb: CHUNK_MB,
      journalDirectory: join(directory, 'j'),
    });
    const upload = uploader.upload(await fileOf(noise(CHUNK * 9)), 'x');
    await expect(upload.result).rejects.toMatchObject({ name: 'UploadError', code: 'Aborted' });
    await aborted;
    expect(inFlight).toBe(0);
    expect(await all(store.listMultiparts())).toEqual([]);
    expect(await all(store.list())).toEqual([]);
    expect(await readdir(join(directory, 'j'))).toEqual([]);
  });

  it('a signal aborted before or during a stream ends both upload and stream', async () => {
    const store = createMemoryStore();
    const controller = new AbortController();
    const stream = new Readable({
      read() {
        controller.abort();
        this.push(noise(CHUNK));
      },
    });
    const uploader = createUploader(store, { multipartChunkSizeMb: CHUNK_MB });
    const { result } = uploader.upload(stream, 'x', { signal: controller.signal });
    await expect(result).rejects.toMatchObject({ code: 'Aborted' });
    expect(stream.destroyed).toBe(true);
    await expect(uploader.upload(noise(1), 'x', { signal: controller.signal }).result).rejects.toMatchObject({
      code: 'Aborted',
    });
    expect(await all(store.listMultiparts())).toEqual([]);
  });
});

describe('lost replies', () => {
  const lost = new ObjectStoreError('Unavailable', 'the connection was lost');

  it('of a put, a complete and a copy are settled by looking at the object', async () => {
    const store = createMemoryStore();
    const forgetful = altered(store, {
      put: async (...call) => {
        await store.put(...call);
        throw lost;
      },
      completeMultipart: async (...call) => {
        await store.completeMultipart(...call);
        throw new ObjectStoreError('Ambiguous', 'perhaps');
      },
      copy: async (...call) => {
        await store.copy(...call);
        throw lost;
      },
    });
    const uploader = createUploader(forgetful, { multipartChunkSizeMb: CHUNK_MB });
    const small = await uploader.upload(noise(10), 'small', { mode: 'create' }).result;
    expect(small.etag).toBe((await store.head('small')).etag);
    const large = await uploader.upload(noise(CHUNK * 3), 'large', { mode: 'create' }).result;
    expect(large.etag).toBe((await store.head('large')).etag);
    const copied = await uploader.copyObject('small', 'copy');
    expect(copied.etag).toBe((await store.head('copy')).etag);
  });

  it('a create that another writer won still fails with AlreadyExists', async () => {
    const store = createMemoryStore();
    await store.put('x', noise(10));
    const uploader = createUploader(store, { multipartChunkSizeMb: CHUNK_MB });
    for (const size of [10, CHUNK * 2]) {
      const { result } = uploader.upload(noise(size), 'x', { mode: 'create' });
      await expect(result).rejects.toMatchObject({ name: 'ObjectStoreError', code: 'AlreadyExists' });
    }
    expect(await all(store.listMultiparts())).toEqual([]);
  });

  it('a put that was not carried out fails with its own error', async () => {
    const store = altered(createMemoryStore(), {
      put: async () => {
        throw lost;
      },
    });
    await expect(createUploader(store).upload(noise(10), 'x').result).rejects.toBe(lost);
  });
});

describe('resume', () => {
  /** A store whose part `at` and all after fail, as if the process had ended there. */
  function failingFrom(store: FullObjectStore, at: number): FullObjectStore {
    return altered(store, {
      putPart: (upload, partNumber, ...rest) =>
        partNumber >= at
          ? Promise.reject(new ObjectStoreError('Unavailable', 'gone'))
          : store.putPart(upload, partNumber, ...rest),
    });
  }
  const options = () => ({ multipartChunkSizeMb: CHUNK_MB, journalDirectory: join(directory, 'journals') });

  it('sends only what is missing', async () => {
    const store = createFileStore({ directory: join(directory, 'bucket') });
    const bytes = noise(CHUNK * 9 + 5);
    const path = await fileOf(bytes);
    const first = createUploader(failingFrom(store, 6), options()).upload(path, 'x');
    await expect(first.result).rejects.toMatchObject({ code: 'Unavailable' });
    const numbers: number[] = [];
    const watched = altered(store, {
      putPart: (upload, partNumber, ...rest) => {
        numbers.push(partNumber);
        return store.putPart(upload, partNumber, ...rest);
      },
    });
    const result = await createUploader(watched, options()).upload(path, 'x', { verify: 'read' }).result;
    expect(result.resumedBytes).toBe((10 - numbers.length) * CHUNK);
    expect(numbers.length).toBeLessThanOrEqual(5 + 4);
    expect((await stored(store, 'x')).equals(bytes)).toBe(true);
    expect(await readdir(join(directory, 'journals'))).toEqual([]);
    expect(await all(store.listMultiparts())).toEqual([]);
  });

  it('begins anew when the source was changed, and leaves nothing of the old one', async () => {
    const store = createMemoryStore();
    const path = await fileOf(noise(CHUNK * 9, 1));
    await createUploader(failingFrom(store, 6), options())
      .upload(path, 'x')
      .result.catch(() => {});
    const changed = noise(CHUNK * 9, 2);
    await writeFile(path, changed);
    const result = await createUploader(store, options()).upload(path, 'x').result;
    expect(result.resumedBytes).toBe(0);
    expect((await stored(store, 'x')).equals(changed)).toBe(true);
    expect(await all(store.listMultiparts())).toEqual([]);
  });

  it('finds an object whose completion was the last thing the other process did', async () => {
    const store = createMemoryStore();
    const path = await fileOf(noise(CHUNK * 3));
    const crashing = altered(store, {
      completeMultipart: async (...call) => {
        await store.completeMultipart(...call);
        throw new Error('the process ends here');
      },
      abortMultipart: async () => {},
    });
    await createUploader(crashing, options())
      .upload(path, 'x')
      .result.catch(() => {});
    const untouched = altered(store, { putPart: () => Promise.reject(new Error('nothing is to be sent')) });
    const result = await createUploader(untouched, options()).upload(path, 'x').result;
    expect(result).toMatchObject({ resumedBytes: CHUNK * 3, parts: 3 });
  });

  it('refuses a second upload of the same source to the same key at the same time', async () => {
    const uploader = createUploader(createMemoryStore(), options());
    const path = await fileOf(noise(CHUNK * 9));
    const outcomes = await Promise.allSettled([uploader.upload(path, 'x').result, uploader.upload(path, 'x').result]);
    expect(outcomes.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(outcomes).toContainEqual({ status: 'rejected', reason: expect.objectContaining({ code: 'InUse' }) });
  });

  it('sweep aborts what is old and ours, and nothing else', async () => {
    let now = 1_000_000;
    const store = createMemoryStore({ now: () => now });
    const path = await fileOf(noise(CHUNK * 9));
    const settings = { ...options(), now: () => now };
    await createUploader(failingFrom(store, 6), settings)
      .upload(path, 'x')
      .result.catch(() => {});
    const foreign = await store.createMultipart('foreign/y');
    await store.put('.uploads/id/0', noise(5));
    const uploader = createUploader(store, settings);
    expect(await uploader.sweep({ olderThanMs: 1000 })).toEqual({ aborted: [], deleted: [] });
    now += 5000;
    const swept = await uploader.sweep({ olderThanMs: 1000 });
    expect([swept.aborted.map(({ key }) => key), swept.deleted]).toEqual([['x'], ['.uploads/id/0']]);
    expect((await all(store.listMultiparts())).map(({ uploadId }) => uploadId)).toEqual([foreign.uploadId]);
    expect(await readdir(join(directory, 'journals'))).toEqual([]);
    expect((await uploader.sweep({ olderThanMs: 1000, prefix: 'foreign/' })).aborted).toHaveLength(1);
  });
});

describe('bad input', () => {
  it('is refused with a code', async () => {
    const uploader = createUploader(createMemoryStore(), { multipartChunkSizeMb: CHUNK_MB });
    const fail = (source: unknown, key = 'x', options = {}) =>
      uploader.upload(source as UploadSource, key, options).result.then(
        () => 'resolved',
        (error: { code?: string }) => error.code,
      );
    expect(await fail(join(directory, 'missing'))).toBe('SourceNotFound');
    expect(await fail(directory)).toBe('SourceUnreadable');
    expect(await fail(42)).toBe('SourceUnreadable');
    expect(await fail(Readable.from(['text']))).toBe('SourceUnreadable');
    expect(await fail(Readable.from([noise(10)]), 'x', { size: 11 })).toBe('SourceChanged');
    expect(await fail(Readable.from([noise(10)]), 'x', { size: 9 })).toBe('SourceChanged');
    expect(await fail(noise(10), 'a/../b')).toBe('InvalidPath');
    expect(await fail(noise(10), 'a\0b')).toBe('InvalidPath');
    expect(await fail(noise(10), 'y'.repeat(1025))).toBe('InvalidPath');
    expect(await fail(noise(10), 'x', { contentType: 'a\nb' })).toBe('NotSupported');
    expect(() => createUploader(createMemoryStore(), { multipartConcurrency: 0 })).toThrow(
      expect.objectContaining({ code: 'InvalidOption' }),
    );
  });

  it('a file that shrinks while it is read fails with SourceChanged and leaves nothing', async () => {
    const store = createMemoryStore();
    const path = await fileOf(noise(CHUNK * 9));
    const shrinking = altered(store, {
      putPart: async (upload, partNumber, ...rest) => {
        if (partNumber === 3) await truncate(path, CHUNK * 2);
        return store.putPart(upload, partNumber, ...rest);
      },
    });
    const uploader = createUploader(shrinking, {
      multipartChunkSizeMb: CHUNK_MB,
      journalDirectory: join(directory, 'j'),
    });
    await expect(uploader.upload(path, 'x').result).rejects.toMatchObject({ code: 'SourceChanged' });
    expect(await all(store.listMultiparts())).toEqual([]);
    expect(await readdir(join(directory, 'j'))).toEqual([]);
  });

  it('a file that is written to between its hash and its bytes fails with SourceChanged', async () => {
    const store = createMemoryStore();
    const path = await fileOf(noise(CHUNK * 9));
    const writing = altered(store, {
      putPart: async (upload, partNumber, ...rest) => {
        if (partNumber === 3) await writeFile(path, noise(CHUNK * 9, 2));
        return store.putPart(upload, partNumber, ...rest);
      },
    });
    const { result } = createUploader(writing, { multipartChunkSizeMb: CHUNK_MB }).upload(path, 'x');
    await expect(result).rejects.toMatchObject({ code: 'SourceChanged' });
    expect(await all(store.listMultiparts())).toEqual([]);
  });

  it('a stream that fails ends the upload with its error as the cause', async () => {
    const store = createMemoryStore();
    const cause = new Error('unplugged');
    const stream = (async function* () {
      yield noise(CHUNK * 3);
      throw cause;
    })();
    const { result } = createUploader(store, { multipartChunkSizeMb: CHUNK_MB }).upload(stream, 'x');
    await expect(result).rejects.toMatchObject({ code: 'SourceUnreadable', cause });
    expect(await all(store.listMultiparts())).toEqual([]);
  });
});

describe('content that is stored already', () => {
  it('is copied by the server, with the attributes of the new upload', async () => {
    const store = createMemoryStore();
    const dedupe = createDedupeIndex(store);
    const uploader = createUploader(store, { multipartChunkSizeMb: CHUNK_MB });
    const bytes = noise(CHUNK * 3);
    await uploader.upload(bytes, 'first.flac', { dedupe }).result;
    const watched = altered(store, { createMultipart: () => Promise.reject(new Error('nothing is to be sent')) });
    const again = createUploader(watched, { multipartChunkSizeMb: CHUNK_MB });
    const result = await again.upload(Buffer.from(bytes), 'second.mp3', { dedupe }).result;
    expect(result).toMatchObject({ copiedFrom: 'first.flac', size: bytes.length });
    expect((await store.head('second.mp3')).attributes.contentType).toBe('audio/mpeg');
    await store.put('first.flac', noise(CHUNK * 3, 7));
    const replaced = await uploader.upload(bytes, 'third.flac', { dedupe }).result;
    expect(replaced.copiedFrom).toBeUndefined();
    expect((await stored(store, 'third.flac')).equals(bytes)).toBe(true);
  });

  it('an object of any size is copied with its metadata, in parts when it is large', async () => {
    const store = createMemoryStore();
    const bytes = noise(500_003);
    const attributes = { contentType: 'audio/flac', metadata: { station: 'one' } };
    await store.put('from', bytes, { attributes });
    for (const copyPartBytes of [100_000, 10_000_000]) {
      const { id } = await createUploader(store, { copyPartBytes }).copyObject('from', `to/${copyPartBytes}`);
      expect((await stored(store, `to/${copyPartBytes}`)).equals(bytes)).toBe(true);
      const head = await store.head(`to/${copyPartBytes}`);
      expect(head.attributes).toEqual({ ...attributes, metadata: { station: 'one', 'upload-id': id } });
    }
    await expect(createUploader(store).copyObject('nothing', 'to')).rejects.toMatchObject({ code: 'NotFound' });
  });

  it('the checksum of an upload in parts is that of its parts', async () => {
    const bytes = noise(CHUNK * 2);
    const { result } = createUploader(createMemoryStore(), { multipartChunkSizeMb: CHUNK_MB }).upload(bytes, 'x');
    const digest = (part: Uint8Array): Buffer => createHash('sha256').update(part).digest();
    const expected = digest(Buffer.concat([digest(bytes.subarray(0, CHUNK)), digest(bytes.subarray(CHUNK))]));
    expect((await result).checksum).toBe(`${expected.toString('hex')}-2`);
  });
});
