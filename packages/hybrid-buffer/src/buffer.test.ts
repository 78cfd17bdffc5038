import { randomBytes } from 'node:crypto';
import { mkdtemp, readdir, readFile, rm, stat, truncate, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { gunzipSync } from 'node:zlib';
import { createMemoryStore, type FullObjectStore, ObjectStoreError } from '@bucket-radio/object-store';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  aes256Gcm,
  brotli,
  chacha20Poly1305,
  createHybridBuffer,
  fileSystem,
  gzip,
  HybridBufferError,
  type Middleware,
  memory,
  objectStore,
  type S3Client,
  type StorageFactory,
  s3,
  zstd,
} from './index.ts';

const MIB = 1024 ** 2;
const FRAME = 4096;
// Nothing here waits for long, but a busy machine may hold anything up.
vi.setConfig({ testTimeout: 60_000 });

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'hybrid-buffer-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

async function onlyFile(): Promise<string> {
  const [name = '', ...more] = await readdir(directory);
  expect(more).toEqual([]);
  return join(directory, name);
}

async function keysOf(store: FullObjectStore): Promise<string[]> {
  const keys: string[] = [];
  for await (const { key } of store.list()) keys.push(key);
  return keys;
}

/** A storage that counts what it is asked. */
function counted(factory: StorageFactory): { readonly storage: StorageFactory; opened: number; appended: number } {
  const counts = {
    opened: 0,
    appended: 0,
    storage: () => {
      counts.opened++;
      const backend = factory();
      const append = backend.append.bind(backend);
      backend.append = async (bytes) => {
        counts.appended += bytes.length;
        await append(bytes);
      };
      return backend;
    },
  };
  return counts;
}

describe('the threshold', () => {
  it('is the last size in memory; one byte more moves everything to storage', async () => {
    const counts = counted(memory());
    const buffer = createHybridBuffer({ threshold: 10 * FRAME, frameBytes: FRAME, storage: counts.storage });
    await buffer.write(new Uint8Array(10 * FRAME));
    expect([buffer.inMemory, counts.opened]).toEqual([true, 0]);
    await buffer.write(new Uint8Array(1));
    expect([buffer.inMemory, counts.opened, counts.appended]).toEqual([false, 1, 10 * FRAME]);
    await buffer.close();
  });

  it('is 2 MiB by default, on a file in the system directory for temporary files', async () => {
    const buffer = createHybridBuffer();
    await buffer.write(new Uint8Array(2 * MIB));
    expect(buffer.inMemory).toBe(true);
    await buffer.write('x');
    expect(buffer.inMemory).toBe(false);
    expect((await readdir(tmpdir())).filter((name) => name.startsWith('hybridbuffer-'))).not.toEqual([]);
    await buffer.close();
  });

  it('returns to memory on reset, and storage keeps nothing', async () => {
    const buffer = createHybridBuffer({ threshold: 10, frameBytes: 64, storage: fileSystem({ dir: directory }) });
    await buffer.write(randomBytes(1000));
    expect(await readdir(directory)).toHaveLength(1);
    await buffer.reset();
    expect([buffer.inMemory, buffer.size, await readdir(directory)]).toEqual([true, 0, []]);
    await buffer.write('again');
    expect(await buffer.text()).toBe('again');
    await buffer.close();
  });
});

describe('reading', () => {
  it('goes on where it stopped, ends with undefined, and starts anywhere after seek', async () => {
    const buffer = createHybridBuffer();
    await buffer.write('0123456789');
    expect(Buffer.from((await buffer.read(4)) ?? []).toString()).toBe('0123');
    expect([buffer.position, buffer.length, buffer.size]).toEqual([4, 6, 10]);
    expect(await buffer.text()).toBe('456789');
    expect([await buffer.read(), await buffer.readByte(), await buffer.readLine()]).toEqual([
      undefined,
      undefined,
      undefined,
    ]);
    await buffer.seek(8);
    expect(await buffer.readByte()).toBe(0x38);
    await buffer.write('!');
    expect(await buffer.text()).toBe('9!');
    await buffer.close();
  });

  it('takes lines with both line ends, the last one without, across frames', async () => {
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: 64, storage: memory(), middleware: [gzip()] });
    const expected = Array.from({ length: 300 }, (_, index) => `${index}: ${'é'.repeat(index % 90)}`);
    for (const [index, line] of expected.entries()) {
      await buffer.write(line + (index === 299 ? '' : index % 2 === 0 ? '\n' : '\r\n'));
    }
    const lines: string[] = [];
    for await (const line of buffer.lines()) lines.push(line);
    expect(lines).toEqual(expected);
    await buffer.close();
  });

  it('refuses a line longer than the limit, and leaves it unread', async () => {
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: 64, storage: memory() });
    await buffer.write(`${'x'.repeat(1000)}\n`);
    await expect(buffer.readLine({ maxBytes: 999 })).rejects.toMatchObject({ code: 'TooLong' });
    expect(buffer.position).toBe(0);
    expect(await buffer.readLine({ maxBytes: 1000 })).toHaveLength(1000);
    await buffer.close();
  });

  it('gives bytes that belong to the reader', async () => {
    for (const threshold of [0, 1000]) {
      const buffer = createHybridBuffer({ threshold, frameBytes: 64, storage: memory() });
      await buffer.write('a'.repeat(100));
      (await buffer.readRange(0, 50)).fill(0);
      (await buffer.read())?.fill(0);
      await buffer.seek(0);
      expect(await buffer.text()).toBe('a'.repeat(100));
      await buffer.close();
    }
  });
});

describe('streams', () => {
  it('of Node and of the web write and read the same bytes, several at a time', async () => {
    const bytes = randomBytes(3 * MIB);
    const buffer = createHybridBuffer({ threshold: 100_000, storage: fileSystem({ dir: directory }) });
    await pipeline(Readable.from([bytes.subarray(0, MIB), bytes.subarray(MIB, 2 * MIB)]), buffer.createWriteStream());
    await ReadableStream.from([bytes.subarray(2 * MIB)]).pipeTo(buffer.toWritableStream());
    const [node, web, part] = await Promise.all([
      buffer.createReadStream().toArray(),
      new Response(buffer.toReadableStream()).bytes(),
      buffer.createReadStream({ start: 5, end: 2_000_000 }).toArray(),
    ]);
    expect(Buffer.concat(node).equals(bytes)).toBe(true);
    expect(bytes.equals(web)).toBe(true);
    expect(Buffer.concat(part).equals(bytes.subarray(5, 2_000_000))).toBe(true);
    expect(buffer.position).toBe(0);
    await buffer.close();
  });

  it('hold their writer up until storage has taken what was written', async () => {
    const gate = Promise.withResolvers<void>();
    const slow: StorageFactory = () => {
      const backend = memory()();
      const append = backend.append.bind(backend);
      backend.append = async (bytes) => {
        await gate.promise;
        await append(bytes);
      };
      return backend;
    };
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: FRAME, storage: slow });
    let given = 0;
    const source = Readable.from(
      (function* () {
        for (; given < 1000; given++) yield new Uint8Array(FRAME);
      })(),
    );
    const written = pipeline(source, buffer.createWriteStream());
    // Every turn of the loop, the source could give more; it is asked for no more than the stream's own buffers hold.
    for (let turn = 0; turn < 200; turn++) await new Promise(setImmediate);
    expect(given).toBeLessThan(200);
    gate.resolve();
    await written;
    expect(buffer.size).toBe(1000 * FRAME);
    await buffer.close();
  });

  it('fail with the error of the buffer', async () => {
    const buffer = createHybridBuffer();
    await buffer.close();
    await expect(buffer.createReadStream().toArray()).rejects.toMatchObject({ code: 'Closed' });
    await expect(ReadableStream.from(['x']).pipeTo(buffer.toWritableStream())).rejects.toMatchObject({
      code: 'Closed',
    });
  });
});

describe('arguments', () => {
  it.each([
    ['threshold', { threshold: -1 }],
    ['threshold', { threshold: 1.5 }],
    ['preallocate', { threshold: 10, preallocate: 11 }],
    ['frameBytes', { frameBytes: 1 }],
    ['storage', { storage: memory()() as never }],
  ])('a wrong %s is refused with what is allowed', (name, options) => {
    expect(() => createHybridBuffer(options)).toThrow(
      expect.objectContaining({ code: 'InvalidOption', message: expect.stringContaining(name) }),
    );
  });

  it.each([
    ['a key that is too short', () => aes256Gcm({ key: new Uint8Array(16).fill(0x5a) })],
    ['a level', () => gzip({ level: 10 })],
    ['a quality', () => brotli({ quality: 12 })],
    ['a level of zstd', () => zstd({ level: 0 })],
    ['a prefix with a slash', () => fileSystem({ prefix: '../up' })],
    ['a key prefix with an empty segment', () => objectStore(createMemoryStore(), { keyPrefix: 'a//b' })],
    ['a timeout', () => objectStore(createMemoryStore(), { timeoutMs: 0 })],
  ])('%s is refused, without its value when that is a secret', (_, make) => {
    expect(make).toThrow(HybridBufferError);
    expect(make).not.toThrow(/5a5a|90,90|ZZZZ/);
  });

  it('positions and sizes outside are refused with the limit, and change nothing', async () => {
    const buffer = createHybridBuffer();
    await buffer.write('abc');
    await expect(buffer.seek(4)).rejects.toMatchObject({
      code: 'OutOfRange',
      message: expect.stringContaining('0 to 3'),
    });
    await expect(buffer.truncate(4)).rejects.toMatchObject({ code: 'OutOfRange' });
    await expect(buffer.seek(-1)).rejects.toMatchObject({ code: 'OutOfRange' });
    await expect(buffer.readRange(2, 1)).rejects.toMatchObject({ code: 'InvalidOption' });
    await expect(buffer.read(0)).rejects.toMatchObject({ code: 'InvalidOption' });
    await expect(buffer.write(7 as never)).rejects.toMatchObject({ code: 'InvalidOption' });
    expect(await buffer.text()).toBe('abc');
    await buffer.close();
  });
});

describe('close', () => {
  it('removes the file, may come twice and at the same time, and ends every other call', async () => {
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: 64, storage: fileSystem({ dir: directory }) });
    await buffer.write(randomBytes(1000));
    await Promise.all([buffer.close(), buffer.close()]);
    await buffer.close();
    expect(await readdir(directory)).toEqual([]);
    await expect(buffer.write('x')).rejects.toMatchObject({ code: 'Closed' });
    await expect(buffer.bytes()).rejects.toMatchObject({ code: 'Closed' });
  });

  it('comes by itself at the end of a block', async () => {
    {
      await using buffer = createHybridBuffer({
        threshold: 0,
        frameBytes: 64,
        storage: fileSystem({ dir: directory }),
      });
      await buffer.write(randomBytes(1000));
      expect(await readdir(directory)).toHaveLength(1);
    }
    expect(await readdir(directory)).toEqual([]);
  });
});

describe('files', () => {
  it('are named by the prefix and belong to their owner alone', async () => {
    const storage = fileSystem({ dir: join(directory, 'made'), prefix: 'night' });
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: 64, storage });
    await buffer.write(randomBytes(1000));
    const [name = ''] = await readdir(join(directory, 'made'));
    expect(name).toMatch(/^night-[0-9a-f]{16}\.bin$/);
    expect((await stat(join(directory, 'made', name))).mode & 0o777).toBe(0o600);
    await buffer.close();
  });

  it('of many buffers at once find or make the directory', async () => {
    const dir = join(directory, 'shared');
    const buffers = Array.from({ length: 20 }, () =>
      createHybridBuffer({ threshold: 0, frameBytes: 64, storage: fileSystem({ dir }) }),
    );
    await Promise.all(buffers.map((buffer) => buffer.write(randomBytes(1000))));
    expect(await readdir(dir)).toHaveLength(20);
    await Promise.all(buffers.map((buffer) => buffer.close()));
    expect(await readdir(dir)).toEqual([]);
  });

  it('that cannot be made leave everything in memory, where it can still be read', async () => {
    await writeFile(join(directory, 'file'), '');
    const buffer = createHybridBuffer({
      threshold: 100,
      frameBytes: 64,
      storage: fileSystem({ dir: join(directory, 'file') }),
    });
    await buffer.write('a'.repeat(100));
    const error = await buffer.write('b').catch((reason: unknown) => reason);
    expect(error).toMatchObject({ code: 'WriteFailed', where: expect.stringContaining(directory) });
    expect(await buffer.text()).toBe('a'.repeat(100));
    await buffer.close();
  });

  it('cut by somebody else are reported, with their path', async () => {
    const buffer = createHybridBuffer({ threshold: 0, frameBytes: 64, storage: fileSystem({ dir: directory }) });
    await buffer.write(randomBytes(1000));
    const path = await onlyFile();
    await truncate(path, 100);
    await expect(buffer.readRange(500, 600)).rejects.toMatchObject({ code: 'Corrupt', where: path });
    expect(await buffer.readRange(0, 50)).toHaveLength(50);
    await buffer.close();
  });
});

const ENCRYPTIONS: readonly (readonly [string, readonly Middleware[]])[] = [
  ['aes-256-gcm', [aes256Gcm()]],
  ['chacha20-poly1305', [chacha20Poly1305()]],
  ['zstd under aes-256-gcm with a given key', [zstd(), aes256Gcm({ key: randomBytes(32) })]],
];

describe.each(ENCRYPTIONS)('encryption with %s', (_, middleware) => {
  const make = () =>
    createHybridBuffer({ threshold: 0, frameBytes: FRAME, storage: fileSystem({ dir: directory }), middleware });
  const plain = Buffer.from('the quick brown fox and the lazy dog, '.repeat(2000));

  it('stores nothing that can be read', async () => {
    const buffer = make();
    await buffer.write(plain);
    const stored = await readFile(await onlyFile());
    expect(stored.includes('quick')).toBe(false);
    // The same frame twice: not even that they are equal can be seen.
    await buffer.reset();
    await buffer.write(new Uint8Array(2 * FRAME));
    const twice = await readFile(await onlyFile());
    expect(twice.subarray(0, twice.length / 2).equals(twice.subarray(twice.length / 2))).toBe(false);
    await buffer.close();
  });

  it('finds every changed byte of a frame, and opens the others', async () => {
    const buffer = make();
    const noise = randomBytes(3 * FRAME);
    await buffer.write(noise);
    const path = await onlyFile();
    const stored = await readFile(path);
    const frame = stored.length / 3;
    for (const at of [frame, frame + 1, Math.floor(1.5 * frame), 2 * frame - 1]) {
      const changed = Buffer.from(stored);
      changed[at] = (changed[at] ?? 0) ^ 0x40;
      await writeFile(path, changed);
      await expect(buffer.readRange(FRAME, FRAME + 1)).rejects.toMatchObject({ code: 'Tampered' });
      expect(noise.subarray(0, 10).equals(await buffer.readRange(0, 10))).toBe(true);
    }
    await writeFile(path, stored);
    expect(noise.equals(await buffer.readRange(0, noise.length))).toBe(true);
    await buffer.close();
  });

  it('finds frames exchanged for each other, for older ones, and for those of another buffer', async () => {
    const [first, second] = [make(), make()];
    await first.write(randomBytes(2 * FRAME));
    const path = await onlyFile();
    const old = await readFile(path);
    await first.truncate(0);
    await first.write(randomBytes(2 * FRAME));
    const stored = await readFile(path);
    const [one, two] = [stored.subarray(0, stored.length / 2), stored.subarray(stored.length / 2)];
    for (const wrong of [old, Buffer.concat([two, one])]) {
      await writeFile(path, wrong);
      await expect(first.readRange(0, 1)).rejects.toMatchObject({ code: 'Tampered' });
    }
    await writeFile(path, stored);
    await first.readRange(0, 2 * FRAME);
    await first.close();
    await second.write(randomBytes(2 * FRAME));
    await writeFile(await onlyFile(), stored);
    await expect(second.readRange(0, 1)).rejects.toMatchObject({ code: 'Tampered' });
    await second.close();
  });
});

describe.each([
  ['zstd', zstd()],
  ['gzip', gzip()],
  ['brotli', brotli()],
])('compression with %s', (_, middleware) => {
  it('makes text small, and reports what it cannot undo', async () => {
    const buffer = createHybridBuffer({
      threshold: 0,
      frameBytes: FRAME,
      storage: fileSystem({ dir: directory }),
      middleware: [middleware],
    });
    await buffer.write('the quick brown fox, '.repeat(10_000));
    const path = await onlyFile();
    const { size } = await stat(path);
    expect(size).toBeLessThan(buffer.size / 10);
    await writeFile(path, Buffer.alloc(size, 0xff));
    await expect(buffer.read()).rejects.toMatchObject({ code: 'Corrupt' });
    await buffer.close();
  });
});

it('what gzip stored without encryption is an ordinary gzip file', async () => {
  const storage = fileSystem({ dir: directory });
  const buffer = createHybridBuffer({ threshold: 0, frameBytes: FRAME, storage, middleware: [gzip()] });
  const plain = Buffer.from('the quick brown fox, '.repeat(1000));
  await buffer.write(plain);
  const opened = gunzipSync(await readFile(await onlyFile()));
  expect(opened.equals(plain.subarray(0, plain.length - (plain.length % FRAME)))).toBe(true);
  await buffer.close();
});

describe('object stores', () => {
  const options = { frameBytes: 65_536, threshold: 65_536 };

  it('get objects {prefix}/{unix seconds}-{8 hex}.bin, removed on close', async () => {
    const store = createMemoryStore();
    const now = () => 1_640_995_200_999;
    const buffer = createHybridBuffer({ ...options, storage: objectStore(store, { keyPrefix: 'myapp/temp', now }) });
    await buffer.write(randomBytes(200_000));
    await buffer.read();
    const keys = await keysOf(store);
    expect(keys).toEqual([expect.stringMatching(/^myapp\/temp\/1640995200-[0-9a-f]{8}\.bin$/)]);
    await buffer.close();
    expect(await keysOf(store)).toEqual([]);
  });

  it('get another object where one is full, and nothing is copied to make parts equal', async () => {
    const store = createMemoryStore({ multipart: { maxParts: 3, equalParts: true } });
    const copied = () => Promise.reject(new ObjectStoreError('NotSupported', 'copied'));
    const storage = objectStore({ ...store, copy: copied, copyPart: copied } as FullObjectStore);
    const buffer = createHybridBuffer({ threshold: 0, storage });
    const bytes = randomBytes(12 * MIB);
    await buffer.write(bytes);
    expect(bytes.equals(await buffer.bytes())).toBe(true);
    expect(await keysOf(store)).toHaveLength(3);
    // Across the end of an object, from both sides of it.
    expect(bytes.subarray(5 * MIB - 9, 5 * MIB + 9).equals(await buffer.readRange(5 * MIB - 9, 5 * MIB + 9))).toBe(
      true,
    );
    await buffer.truncate(6 * MIB);
    expect(await keysOf(store)).toHaveLength(2);
    await buffer.close();
    expect(await keysOf(store)).toEqual([]);
  });

  it('get the first part while later ones are still being written', async () => {
    const store = createMemoryStore();
    const buffer = createHybridBuffer({ threshold: 0, storage: objectStore(store) });
    for (let mib = 0; mib < 12; mib++) await buffer.write(randomBytes(MIB));
    const uploads: string[] = [];
    for await (const { key } of store.listMultiparts()) uploads.push(key);
    expect(uploads).toEqual([expect.stringMatching(/^hybridbuffer\//)]);
    expect(await keysOf(store)).toEqual([]);
    await buffer.close();
    for await (const { key } of store.listMultiparts()) expect(key).toBe('removed');
  });

  const failing = (method: 'put' | 'putPart', size: number) => {
    const store = createMemoryStore();
    const error = new ObjectStoreError('PermissionDenied', 'no', { key: 'x' });
    const broken = { ...store, [method]: () => Promise.reject(error) };
    return { store, size, buffer: createHybridBuffer({ ...options, storage: objectStore(broken) }) };
  };
  it.each([
    ['put', 200_000],
    ['putPart', 8 * MIB],
  ] as const)('whose %s fails are reported at the first read and at close', async (method, size) => {
    for (const readFirst of [true, false]) {
      const { store, buffer } = failing(method, size);
      await buffer.write(randomBytes(size));
      const expected = {
        code: 'WriteFailed',
        where: expect.stringMatching(/^hybridbuffer\//),
        cause: { code: 'PermissionDenied' },
      };
      if (readFirst) {
        await expect(buffer.read()).rejects.toMatchObject(expected);
        // Nor from what memory still holds: bytes before it are lost.
        await expect(buffer.readRange(size - 1, size)).rejects.toMatchObject(expected);
        await expect(buffer.write('more')).rejects.toMatchObject(expected);
      }
      await expect(buffer.close()).rejects.toMatchObject(expected);
      await buffer.close();
      expect(await keysOf(store)).toEqual([]);
    }
  });

  it('whose upload failed can be used again after reset', async () => {
    const { buffer } = failing('put', 200_000);
    await buffer.write(randomBytes(200_000));
    await expect(buffer.read()).rejects.toMatchObject({ code: 'WriteFailed' });
    await buffer.reset();
    await buffer.write('fine');
    expect(await buffer.text()).toBe('fine');
    await buffer.close();
  });

  it('whose read fails once give the bytes the next time', async () => {
    const store = createMemoryStore();
    let faults = 1;
    const shaky: FullObjectStore = {
      ...store,
      get: (key, get) =>
        faults-- > 0 ? Promise.reject(new ObjectStoreError('Unavailable', 'gone for now')) : store.get(key, get),
    };
    const buffer = createHybridBuffer({ ...options, storage: objectStore(shaky) });
    const bytes = randomBytes(200_000);
    await buffer.write(bytes);
    await expect(buffer.bytes()).rejects.toMatchObject({ code: 'ReadFailed' });
    expect(bytes.equals(await buffer.bytes())).toBe(true);
    await buffer.close();
  });

  it('in which somebody removes or replaces the object are found out', async () => {
    for (const change of ['delete', 'put'] as const) {
      const store = createMemoryStore();
      const buffer = createHybridBuffer({ ...options, storage: objectStore(store) });
      await buffer.write(randomBytes(MIB));
      await buffer.readByte();
      const [key = ''] = await keysOf(store);
      await (change === 'delete' ? store.delete(key) : store.put(key, randomBytes(MIB)));
      // Farther than what has been read ahead.
      await expect(buffer.readRange(900_000, 900_010)).rejects.toMatchObject({ code: 'Corrupt', where: key });
      await buffer.close();
    }
  });

  it('that cannot remove an object name it', async () => {
    const store = createMemoryStore();
    const stuck = {
      ...store,
      delete: () => Promise.reject(new ObjectStoreError('PermissionDenied', 'may not delete')),
    };
    const buffer = createHybridBuffer({ ...options, storage: objectStore(stuck) });
    await buffer.write(randomBytes(200_000));
    await expect(buffer.close()).rejects.toMatchObject({
      code: 'RemoveFailed',
      where: expect.stringMatching(/\.bin$/),
    });
  });

  it('that do not answer cost the timeout of one request, not of the whole upload', async () => {
    const store = createMemoryStore();
    const silent: FullObjectStore = {
      ...store,
      put: (key, _body, put) =>
        new Promise((_, reject) => {
          put?.signal?.addEventListener('abort', () => reject(new ObjectStoreError('Timeout', 'late', { key })));
          const { timeoutMs } = put ?? {};
          if (timeoutMs !== undefined) {
            AbortSignal.timeout(timeoutMs).addEventListener('abort', () =>
              reject(new ObjectStoreError('Timeout', 'late', { key })),
            );
          }
        }),
    };
    const buffer = createHybridBuffer({ ...options, storage: objectStore(silent, { timeoutMs: 50 }) });
    await buffer.write(randomBytes(200_000));
    await expect(buffer.close()).rejects.toMatchObject({ code: 'WriteFailed', cause: { code: 'Timeout' } });
  });
});

describe('s3', () => {
  it.each([
    ['an S3Client, which has no methods', { send: () => undefined } as unknown as S3Client, 'bucket', {}, /new S3/],
    ['a store that is on another bucket', { ...createMemoryStore(), name: 's3(one)' }, 'two', {}, /"two"/],
    [
      'server-side encryption where the store cannot ask for it',
      { ...createMemoryStore(), name: 's3(one)' },
      'one',
      { serverSideEncryption: 'AES256' },
      /default encryption/,
    ],
  ] as const)('refuses %s', (_, client, bucket, options, message) => {
    expect(() => s3(client, bucket, options)).toThrow(message);
  });

  it('asks for server-side encryption on a put and on an upload in parts', async () => {
    const asked: object[] = [];
    // Nothing is stored: what is asked for is all that counts here, and a real server is asked in buffer-proofs.
    const client = new Proxy({} as S3Client, {
      has: () => true,
      get: (_, method) => async (input: { readonly Key: string; readonly Body?: Uint8Array }) => {
        if ('ServerSideEncryption' in input) {
          const { ServerSideEncryption, SSEKMSKeyId } = input as Record<string, unknown>;
          asked.push({ method, ServerSideEncryption, SSEKMSKeyId });
        }
        return { ETag: '"1"', UploadId: 'one', ContentLength: 0 };
      },
    });
    const encryptions = ['AES256', { algorithm: 'aws:kms', keyId: 'alias/scratch' }] as const;
    for (const [serverSideEncryption, size] of [
      [encryptions[0], MIB],
      [encryptions[1], 6 * MIB],
    ] as const) {
      const buffer = createHybridBuffer({ threshold: 0, storage: s3(client, 'bucket', { serverSideEncryption }) });
      await buffer.write(new Uint8Array(size));
      await buffer.close();
    }
    expect(asked).toEqual([
      { method: 'putObject', ServerSideEncryption: 'AES256', SSEKMSKeyId: undefined },
      { method: 'createMultipartUpload', ServerSideEncryption: 'aws:kms', SSEKMSKeyId: 'alias/scratch' },
    ]);
  });
});
