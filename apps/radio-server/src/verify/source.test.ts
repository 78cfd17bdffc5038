import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { music } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { MemoryStation } from '../testing/memory-station.ts';
import { openHttp } from './http-source.ts';
import { openBucket } from './source.ts';
import { verifyBucket } from './verify.ts';

const once = { tries: 1, wait: async () => await Promise.resolve() };
const GOOD = {
  ETag: '"1"',
  'Access-Control-Allow-Origin': '*',
  'Access-Control-Expose-Headers': 'ETag, Date, Age',
};

function goodHeaders(key: string): Record<string, string> {
  if (key.endsWith('.mp4')) {
    return { ...GOOD, 'Content-Type': 'audio/mp4', 'Cache-Control': 'public,max-age=31536000, immutable' };
  }
  const type = key.endsWith('.json') ? 'application/json; charset=utf-8' : 'application/vnd.apple.mpegurl';
  return { ...GOOD, 'Content-Type': type, 'Cache-Control': 'no-cache' };
}

let station: MemoryStation;
beforeAll(async () => {
  station = await MemoryStation.create(music(2 * 48_000, 3));
});

/** A bucket over HTTP, without a network. */
function fetcher(headersOf = goodHeaders): typeof fetch {
  return async (url) => {
    const key = new URL(String(url)).pathname.slice('/radio/live/'.length);
    const data = station.objects.get(key);
    return await Promise.resolve(
      data ? new Response(Uint8Array.from(data), { headers: headersOf(key) }) : new Response(null, { status: 404 }),
    );
  };
}

async function verifyHttp(headersOf?: typeof goodHeaders) {
  return await verifyBucket(openHttp('http://bucket.test/radio/live', fetcher(headersOf)), { patience: once });
}

describe('headers', () => {
  it('that are right are no difference, however they are spaced', async () => {
    expect(await verifyHttp()).toMatchObject({ differences: [], notes: [], clean: true });
  });

  it('that are absent or wrong are one each', async () => {
    const { differences } = await verifyHttp((key) => {
      const { ETag = '', ...rest } = goodHeaders(key);
      if (key === 'manifest.json') return { ETag, ...rest, 'Cache-Control': 'max-age=60' };
      if (key === 'hq.m3u8') return { ETag, ...rest, 'Content-Type': 'text/plain' };
      return key.endsWith('00000008.mp4') ? rest : { ETag, ...rest };
    });
    expect(differences.map(({ check, object, message }) => [check, object.slice(-15), message])).toEqual([
      ['headers', 'manifest.json', 'Cache-Control is max-age=60; no-cache is expected'],
      ['headers', 'hq.m3u8', 'Content-Type is text/plain; application/vnd.apple.mpegurl is expected'],
      ['headers', 'hq/00000008.mp4', 'there is no ETag'],
      ['headers', 'lq/00000008.mp4', 'there is no ETag'],
    ]);
  });

  it('of CORS are worth a note: the owner of a bucket decides', async () => {
    const without = await verifyHttp((key) => ({ ...goodHeaders(key), 'Access-Control-Expose-Headers': 'etag' }));
    expect(without).toMatchObject({ clean: true, notes: ['CORS does not expose date, age'] });
    const none = await verifyHttp((key) => {
      const { 'Access-Control-Allow-Origin': _, ...rest } = goodHeaders(key);
      return rest;
    });
    expect(none).toMatchObject({ clean: true, notes: [expect.stringContaining('no CORS headers')] });
  });
});

describe('a bucket over HTTP', () => {
  it('may fail twice in a row, not three times', async () => {
    const answers = [503, 500, 200];
    const failing = openHttp(
      'http://bucket.test',
      async () => await Promise.resolve(new Response('x', { status: answers.shift() ?? 503 })),
    );
    expect(await failing.read('a')).toMatchObject({ data: Buffer.from('x') });
    await expect(failing.read('a')).rejects.toThrow('http://bucket.test/a cannot be read: the answer was 503');
  });

  it('is found by bucket, prefix or manifest', async () => {
    const requested: string[] = [];
    const server = createServer((request, response) => {
      requested.push(request.url ?? '');
      response.statusCode = request.url === '/b/live/manifest.json' ? 200 : 404;
      response.end('{}');
    }).listen(0, '127.0.0.1');
    await new Promise((resolve) => server.once('listening', resolve));
    const base = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    for (const path of ['/b', '/b/', '/b/live', '/b/live/manifest.json']) {
      expect((await openBucket(base + path)).location).toBe(`${base}/b/live`);
    }
    await expect(openBucket(`${base}/c`)).rejects.toThrow(/^no manifest.json at http[^\n]*$/);
    expect(requested).toContain('/c/live/manifest.json');
    server.close();
    server.closeAllConnections();
  });
});

describe('a bucket in a directory', () => {
  let directory: string;
  beforeAll(async () => {
    directory = await mkdtemp(join(tmpdir(), 'verify-'));
    for (const [key, data] of station.objects) {
      const path = join(directory, 'live', key);
      await mkdir(join(path, '..'), { recursive: true });
      await writeFile(path, data);
    }
  });
  afterAll(async () => await rm(directory, { recursive: true }));

  it('is found by bucket, prefix or manifest, and verified', async () => {
    for (const where of [directory, `${directory}/live/`, join(directory, 'live/manifest.json')]) {
      const source = await openBucket(where);
      expect(source.location).toBe(join(directory, 'live'));
      expect(await verifyBucket(source, { patience: once })).toMatchObject({ clean: true });
    }
  });

  it('is refused in one line where there is none', async () => {
    for (const where of ['/no/such/bucket', join(directory, 'live/hq.m3u8'), 'ftp://host/bucket', 'http://']) {
      await expect(openBucket(where)).rejects.toThrow(/^[^\n]*(no manifest.json|use an http|not a URL)[^\n]*$/);
    }
  });
});
