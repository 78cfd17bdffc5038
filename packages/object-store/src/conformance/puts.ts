import type { ObjectAttributes } from '../types.ts';
import { type ConformanceContext, outcome, readText, sampleBytes, textBytes } from './api.ts';

const attributes: ObjectAttributes = {
  contentType: 'audio/mp4',
  cacheControl: 'public, max-age=31536000, immutable',
  contentDisposition: 'inline; filename="a b.mp4"',
  contentEncoding: 'identity',
  metadata: { 'first-frame': '480000', station: 'Night & Day; 100%' },
};

export function testPuts({ promise, expect }: ConformanceContext): void {
  for (const size of [0, 1, 65_537, 3_000_000]) {
    promise(`an object of ${size} bytes comes back byte for byte`, async (store) => {
      const body = sampleBytes(size);
      await store.put('a/object', body);
      const result = await store.get('a/object');
      expect(result.meta.size).toBe(size);
      expect(result.range).toEqual({ start: 0, end: size });
      const bytes = await result.bytes();
      expect(bytes.length).toBe(size);
      expect(bytes.every((byte, index) => byte === body[index])).toBe(true);
    });
  }

  promise('get, head and list see a put as soon as it resolves', async (store) => {
    for (const text of ['one', 'three', 'two']) {
      const { etag } = await store.put('manifest.json', textBytes(text));
      expect(await readText(store, 'manifest.json')).toBe(text);
      const head = await store.head('manifest.json');
      expect([head.size, head.etag]).toEqual([text.length, etag]);
      for await (const meta of store.list()) expect([meta.key, meta.etag]).toEqual(['manifest.json', etag]);
    }
  });

  promise('the ETag is quoted, is the same from every method, and changes with the content', async (store) => {
    const { etag } = await store.put('x', textBytes('one'));
    expect(/^"[^"]+"$/.test(etag)).toBe(true);
    expect((await store.head('x')).etag).toBe(etag);
    const result = await store.get('x');
    await result.bytes();
    expect(result.meta.etag).toBe(etag);
    const replaced = await store.put('x', textBytes('two'));
    expect(replaced.etag === etag).toBe(false);
  });

  promise('lastModified is a recent time', async (store) => {
    await store.put('x', textBytes('one'));
    const { lastModified } = await store.head('x');
    expect(Math.abs(lastModified.getTime() - Date.now()) < 600_000).toBe(true);
  });

  promise('attributes come back from get and head', async (store) => {
    await store.put('x', textBytes('one'), { attributes });
    const result = await store.get('x');
    await result.body.cancel();
    expect(result.attributes).toEqual(attributes);
    expect((await store.head('x')).attributes).toEqual(attributes);
  });

  promise('an overwrite keeps nothing of the old attributes', async (store) => {
    await store.put('x', textBytes('one'), { attributes });
    await store.put('x', textBytes('one'), { attributes: { contentType: 'text/plain' } });
    expect((await store.head('x')).attributes).toEqual({ contentType: 'text/plain' });
  });

  const impossible: Record<string, ObjectAttributes> = {
    'a line break': { contentType: 'text/plain\r\nx-injected: 1' },
    'text outside ASCII': { metadata: { title: 'Grüße' } },
    'an upper-case metadata name': { metadata: { Title: 'x' } },
    'too much metadata': { metadata: { title: 'x'.repeat(2100) } },
  };
  for (const [what, wrong] of Object.entries(impossible)) {
    promise(`attributes with ${what} are refused with NotSupported, and nothing is stored`, async (store) => {
      expect(await outcome(store.put('x', textBytes('one'), { attributes: wrong }))).toBe('NotSupported');
      expect(await outcome(store.head('x'))).toBe('NotFound');
    });
  }

  promise('the caller may reuse its buffer after a put', async (store) => {
    const body = textBytes('one');
    await store.put('x', body);
    body.fill(0);
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a view into a larger buffer stores only the view', async (store) => {
    await store.put('x', textBytes('[one]').subarray(1, 4));
    expect(await readText(store, 'x')).toBe('one');
  });

  promise('a reader sees the old object or the new one, never a part or a mixture', async (store) => {
    const versions = [1, 2, 3, 4, 5, 6, 7, 8].map((version) => ({
      body: new Uint8Array(50_000 + version * 20_011).fill(version),
      attributes: { contentType: 'audio/mp4', metadata: { version: String(version) } },
    }));
    await store.put('x', versions[0]?.body ?? new Uint8Array(), versions[0]);
    let writing = true;
    const write = async (): Promise<void> => {
      for (const version of [...versions, ...versions]) await store.put('x', version.body, version);
      writing = false;
    };
    const read = async (): Promise<void> => {
      while (writing) {
        const result = await store.get('x');
        const bytes = await result.bytes();
        const version = bytes[0] ?? 0;
        expect(bytes.length).toBe(50_000 + version * 20_011);
        expect(bytes.every((byte) => byte === version)).toBe(true);
        expect(result.attributes.metadata).toEqual({ version: String(version) });
        // A store that never waits for anything would otherwise keep the writer from running.
        await new Promise((resolve) => setTimeout(resolve, 0));
      }
    };
    await Promise.all([write(), read(), read()]);
  });
}
