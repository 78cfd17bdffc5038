import { expect, it } from 'vitest';
import { FakeDesk } from '../testing/fake-desk.ts';
import { createMonitor } from './server.ts';

function setUp(onAir = true) {
  const desk = new FakeDesk();
  if (!onAir) desk.now = null;
  const access = { host: '127.0.0.1' };
  const app = createMonitor({ desk, files: async () => new Map(), access, bucketOrigin: 'http://localhost:9000' });
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<number> => {
    const all = { Host: '127.0.0.1:8080', 'Content-Type': 'application/json', ...headers };
    const init = { method: 'POST', headers: all, body: JSON.stringify(body) };
    return (await app.request('http://127.0.0.1:8080/now-playing', init)).status;
  };
  return { said: desk.titles, post };
}

it('takes a title from a program and from its own page', async () => {
  const { said, post } = setUp();
  expect(await post({ title: ' Nocturne ', artist: 'Field' })).toBe(204);
  expect(await post({ title: 'B' }, { Origin: 'http://127.0.0.1:8080', 'Sec-Fetch-Site': 'same-origin' })).toBe(204);
  expect(said).toEqual([{ title: 'Nocturne', artist: 'Field' }, { title: 'B' }]);
});

it.each([
  [{ Origin: 'https://elsewhere.example' }, 403],
  [{ Origin: 'null' }, 403],
  [{ Origin: 'http://127.0.0.1:3000' }, 403],
  [{ 'Sec-Fetch-Site': 'cross-site' }, 403],
  [{ 'Sec-Fetch-Site': 'same-site' }, 403],
  [{ Host: 'rebound.example' }, 403],
  [{ 'Content-Type': 'text/plain' }, 415],
])('refuses a title with %j', async (headers, status) => {
  const { said, post } = setUp();
  expect(await post({ title: 'A' }, headers as Record<string, string>)).toBe(status);
  expect(said).toEqual([]);
});

it.each([[{}], [{ title: '' }], [{ title: 1 }], [{ title: 'é'.repeat(101) }], ['A'], [null]])(
  'refuses %j',
  async (body) => {
    expect(await setUp().post(body)).toBe(400);
  },
);

it('says so before the station is on air', async () => {
  expect(await setUp(false).post({ title: 'A' })).toBe(503);
});
