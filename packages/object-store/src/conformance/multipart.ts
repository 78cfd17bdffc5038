import type { FullObjectStore } from '../full.ts';
import type { StreamBody } from '../multipart.ts';
import {
  type ConformanceContext,
  collect,
  inParallel,
  listKeys,
  outcome,
  readBytes,
  readText,
  sameBytes,
  sampleBytes,
  sha256Hex,
  textBytes,
} from './api.ts';

/** As small as the store allows. */
function partBytes({ capabilities }: FullObjectStore): number {
  return Math.max(capabilities.multipart.minPartBytes, 70_000);
}

/** A body that reuses one buffer for all its chunks, as a reader of files does. */
function recycled(bytes: Uint8Array): StreamBody {
  return {
    size: bytes.length,
    async *chunks() {
      const buffer = new Uint8Array(30_000);
      for (let at = 0; at < bytes.length; at += buffer.length) {
        const chunk = bytes.subarray(at, at + buffer.length);
        buffer.set(chunk);
        yield buffer.subarray(0, chunk.length);
      }
    },
  };
}

export function testMultipart({ promise, expect }: ConformanceContext<FullObjectStore>): void {
  promise('parts put in any order and at the same time become one object with its attributes', async (store) => {
    const size = partBytes(store);
    const body = sampleBytes(size * 2 + 1000);
    const attributes = { contentType: 'audio/flac', metadata: { station: 'one' } };
    const upload = await store.createMultipart('a/big', { attributes });
    expect(upload.key).toBe('a/big');
    const parts: { partNumber: number; etag: string }[] = [];
    await inParallel([3, 1, 2], 3, async (partNumber) => {
      const bytes = body.subarray((partNumber - 1) * size, partNumber * size);
      const part = await store.putPart(upload, partNumber, partNumber === 2 ? recycled(bytes) : bytes);
      expect([part.partNumber, part.size]).toEqual([partNumber, bytes.length]);
      parts.push(part);
    });
    expect(await outcome(store.head('a/big'))).toBe('NotFound');
    expect(await listKeys(store)).toEqual([]);
    const { etag } = await store.completeMultipart(upload, parts);
    const head = await store.head('a/big');
    expect([head.size, head.etag, head.attributes]).toEqual([body.length, etag, attributes]);
    expect(sameBytes(await readBytes(store, 'a/big'), body)).toBe(true);
    expect(await collect(store.listMultiparts())).toEqual([]);
  });

  promise('a part put again replaces the first one', async (store) => {
    const upload = await store.createMultipart('x');
    await store.putPart(upload, 1, textBytes('first'));
    const part = await store.putPart(upload, 1, textBytes('second one'));
    expect(await collect(store.listParts(upload))).toEqual([part]);
    await store.completeMultipart(upload, [part]);
    expect(await readText(store, 'x')).toBe('second one');
  });

  promise('listParts gives number, ETag and size of every part, by number', async (store) => {
    const upload = await store.createMultipart('x');
    expect(await collect(store.listParts(upload))).toEqual([]);
    const second = await store.putPart(upload, 2, textBytes('two'));
    const first = await store.putPart(upload, 1, textBytes('first'));
    expect(await collect(store.listParts(upload))).toEqual([first, second]);
    await store.abortMultipart(upload);
  });

  promise('listMultiparts gives the uploads under way below a prefix', async (store) => {
    const keys = ['a/1', 'a/2 +%', 'b/1'];
    const uploads = [];
    for (const key of keys) uploads.push(await store.createMultipart(key));
    const found = await collect(store.listMultiparts({ prefix: 'a/' }));
    expect(found.map(({ key, uploadId }) => ({ key, uploadId }))).toEqual(uploads.slice(0, 2));
    expect(found.every(({ startedAt }) => Math.abs(startedAt.getTime() - Date.now()) < 600_000)).toBe(true);
    expect((await collect(store.listMultiparts())).map(({ key }) => key)).toEqual(keys);
    for (const upload of uploads) await store.abortMultipart(upload);
    expect(await collect(store.listMultiparts())).toEqual([]);
  });

  promise('an aborted upload leaves nothing, and its abort may be repeated', async (store) => {
    await store.put('x', textBytes('before'));
    const upload = await store.createMultipart('x');
    const part = await store.putPart(upload, 1, textBytes('one'));
    await store.abortMultipart(upload);
    await store.abortMultipart(upload);
    expect(await outcome(collect(store.listParts(upload)))).toBe('NotFound');
    expect(await outcome(store.putPart(upload, 2, textBytes('two')))).toBe('NotFound');
    // Ambiguous: a server that answers with an error of its own leaves the client unsure of that try.
    expect(['NotFound', 'Ambiguous'].includes(await outcome(store.completeMultipart(upload, [part])))).toBe(true);
    expect(await readText(store, 'x')).toBe('before');
    expect(await collect(store.listMultiparts())).toEqual([]);
  });

  promise('an upload that never was fails with NotFound', async (store) => {
    const real = await store.createMultipart('x');
    await store.abortMultipart(real);
    for (const uploadId of ['../../x', 'no-such-upload', '00000000-0000-0000-0000-000000000000']) {
      const upload = { key: 'x', uploadId };
      expect(await outcome(store.putPart(upload, 1, textBytes('one')))).toBe('NotFound');
      expect(await outcome(collect(store.listParts(upload)))).toBe('NotFound');
    }
  });

  promise('a complete that names a part wrongly fails with PreconditionFailed, and may be repeated', async (store) => {
    const upload = await store.createMultipart('x');
    const part = await store.putPart(upload, 1, textBytes('one'));
    const other = `"${'0'.repeat(32)}"`;
    expect(await outcome(store.completeMultipart(upload, [{ partNumber: 1, etag: other }]))).toBe('PreconditionFailed');
    const missing = { partNumber: 2, etag: part.etag };
    expect(await outcome(store.completeMultipart(upload, [part, missing]))).toBe('PreconditionFailed');
    expect(await outcome(store.completeMultipart(upload, []))).toBe('NotSupported');
    await store.completeMultipart(upload, [part]);
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a complete replaces what is there, or with mode create fails with AlreadyExists', async (store) => {
    await store.put('x', textBytes('before'));
    const upload = await store.createMultipart('x');
    const part = await store.putPart(upload, 1, textBytes('one'));
    expect(await outcome(store.completeMultipart(upload, [part], { mode: 'create' }))).toBe('AlreadyExists');
    expect(await readText(store, 'x')).toBe('before');
    await store.completeMultipart(upload, [part]);
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a part with another checksum fails with ChecksumMismatch and is not stored', async (store) => {
    const upload = await store.createMultipart('x');
    const body = sampleBytes(100_000);
    const right = { checksum: { sha256: await sha256Hex(body) } };
    const wrong = { checksum: { sha256: await sha256Hex(textBytes('other')) } };
    expect(await outcome(store.putPart(upload, 1, body, wrong))).toBe('ChecksumMismatch');
    expect(await outcome(store.putPart(upload, 1, recycled(body), wrong))).toBe('ChecksumMismatch');
    expect(await collect(store.listParts(upload))).toEqual([]);
    await store.putPart(upload, 1, body, right);
    const part = await store.putPart(upload, 1, recycled(body), right);
    await store.completeMultipart(upload, [part]);
    expect(sameBytes(await readBytes(store, 'x'), body)).toBe(true);
  });

  promise('a body that ends too soon stores no part, and its own error is passed on', async (store) => {
    const upload = await store.createMultipart('x');
    const short: StreamBody = {
      size: 10,
      chunks: async function* () {
        yield textBytes('one');
      },
    };
    expect(await outcome(store.putPart(upload, 1, short))).toBe('NotSupported');
    const mine = new Error('my own');
    const broken: StreamBody = {
      size: 10,
      async *chunks() {
        yield textBytes('one');
        throw mine;
      },
    };
    const error = await store.putPart(upload, 1, broken).catch((reason: unknown) => reason);
    const shown = error === mine || (error as { cause?: unknown }).cause === mine;
    expect(shown).toBe(true);
    expect(await collect(store.listParts(upload))).toEqual([]);
    await store.abortMultipart(upload);
  });

  promise('copyPart takes bytes from another object', async (store) => {
    const size = partBytes(store);
    const source = sampleBytes(size + 500);
    await store.put('from a/b', source);
    const upload = await store.createMultipart('to');
    const parts = [
      await store.copyPart(upload, 1, { key: 'from a/b', range: { start: 250, end: 250 + size } }),
      await store.copyPart(upload, 2, { key: 'from a/b', range: { start: size } }),
    ];
    expect(parts.map((part) => part.size)).toEqual([size, 500]);
    expect(await outcome(store.copyPart(upload, 3, { key: 'no/such' }))).toBe('NotFound');
    await store.completeMultipart(upload, parts);
    const expected = new Uint8Array(size + 500);
    expected.set(source.subarray(250, 250 + size));
    expected.set(source.subarray(size), size);
    expect(sameBytes(await readBytes(store, 'to'), expected)).toBe(true);
  });

  promise('a part number out of bounds is refused with NotSupported', async (store) => {
    const upload = await store.createMultipart('x');
    for (const partNumber of [0, -1, 1.5, store.capabilities.multipart.maxParts + 1]) {
      expect(await outcome(store.putPart(upload, partNumber, textBytes('one')))).toBe('NotSupported');
    }
    await store.abortMultipart(upload);
  });

  promise('a part is not stored when its signal is aborted', async (store) => {
    const upload = await store.createMultipart('x');
    const signal = AbortSignal.abort();
    expect(await outcome(store.putPart(upload, 1, textBytes('one'), { signal }))).toBe('Aborted');
    expect(await outcome(store.createMultipart('y', { signal }))).toBe('Aborted');
    expect(await outcome(collect(store.listMultiparts({ signal })))).toBe('Aborted');
    expect(await collect(store.listParts(upload))).toEqual([]);
    await store.abortMultipart(upload);
  });

  promise('two uploads of one key do not disturb each other, and the last complete wins', async (store) => {
    const first = await store.createMultipart('x');
    const second = await store.createMultipart('x');
    const partOfFirst = await store.putPart(first, 1, textBytes('first'));
    const partOfSecond = await store.putPart(second, 1, textBytes('second'));
    await store.completeMultipart(second, [partOfSecond]);
    expect(await readText(store, 'x')).toBe('second');
    await store.completeMultipart(first, [partOfFirst]);
    expect(await readText(store, 'x')).toBe('first');
  });
}
