import { expect, test } from 'vitest';
import { VirtualClock } from '../../../test/virtual-clock.ts';
import { VirtualStation } from '../../../test/virtual-station.ts';
import { ManifestSource } from './manifest-source.ts';
// Loaded on demand, which takes real time: here before the virtual clock runs.
import './session.ts';

const TOKEN_URL = 'https://gate.example/api/token';
const MANIFEST_URL = 'https://bucket.example/live/manifest.json';

/** A gate whose tokens live for 100 s; `refused` are worth nothing. */
function privateStation({ skewMs = 0, exposesDate = true } = {}) {
  const clock = new VirtualClock();
  const station = new VirtualStation(clock, { skewMs, exposesDate });
  const asked: string[] = [];
  const refused = new Set<string>();
  let issued = 0;
  let giving = true;
  const fetch = async (url: string, init: RequestInit): Promise<Response> => {
    const nowMs = clock.now() + skewMs;
    if (url === TOKEN_URL) {
      asked.push(`${init.method} token`);
      if (!giving) return new Response(null, { status: 429 });
      issued += 1;
      const headers: Record<string, string> = exposesDate ? { date: new Date(nowMs).toUTCString() } : {};
      return Response.json({ token: `t${issued}`, expiresAt: nowMs + 100_000 }, { headers });
    }
    const token = new Headers(init.headers).get('authorization')?.replace('Bearer ', '') ?? 'none';
    asked.push(`manifest with ${token}`);
    if (token === 'none' || refused.has(token)) return new Response(null, { status: 403 });
    return station.fetch(url, init);
  };
  const manifests = new ManifestSource({ fetch, clock, url: MANIFEST_URL, tokenUrl: TOKEN_URL, revalidate: 'header' });
  const poll = async () => {
    const answer = manifests.poll(new AbortController().signal);
    await clock.advance(1000);
    return (await answer).kind;
  };
  return { clock, poll, asked, refused, give: (value: boolean) => (giving = value) };
}

test('a token is asked for once, and opens the manifest', async () => {
  const { poll, asked } = privateStation();
  expect(await poll()).toBe('fresh');
  await poll();
  expect(asked).toEqual(['POST token', 'manifest with t1', 'manifest with t1']);
});

test.each([
  { skewMs: 0, exposesDate: true },
  { skewMs: 3_600_000, exposesDate: true },
  { skewMs: -3_600_000, exposesDate: true },
])('it is renewed before it expires, whatever the clocks say (%j)', async (options) => {
  const { clock, poll, asked } = privateStation(options);
  await poll();
  await clock.advance(60_000);
  await poll();
  expect(asked.at(-1)).toBe('manifest with t1');
  await clock.advance(15_000);
  await poll();
  expect(asked.slice(-2)).toEqual(['POST token', 'manifest with t2']);
});

test('a token that is refused before its time is replaced at once', async () => {
  const { poll, asked, refused } = privateStation();
  await poll();
  refused.add('t1');
  asked.length = 0;
  expect(await poll()).not.toBe('failed');
  expect(asked).toEqual(['manifest with t1', 'POST token', 'manifest with t2']);
});

test('a gate that gives none is a fault that passes: asked again with every poll', async () => {
  const { poll, give } = privateStation();
  give(false);
  expect(await poll()).toBe('failed');
  give(true);
  expect(await poll()).toBe('fresh');
});
