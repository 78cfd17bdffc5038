import { expect, it } from 'vitest';
import { createMonitor, MonitorFeed, type Title } from './server.ts';

function setUp(onAir = true) {
  const said: Title[] = [];
  const app = createMonitor({
    feed: new MonitorFeed(),
    status: () => null,
    files: async () => new Map(),
    onNowPlaying: (title) => {
      if (onAir) said.push(title);
      return onAir;
    },
  });
  const post = async (body: unknown, headers: Record<string, string> = {}): Promise<number> => {
    const init = { method: 'POST', headers: { Host: '127.0.0.1:8080', ...headers }, body: JSON.stringify(body) };
    return (await app.request('http://127.0.0.1:8080/now-playing', init)).status;
  };
  return { said, post };
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
])('refuses a title with %j', async (headers, status) => {
  const { said, post } = setUp();
  expect(await post({ title: 'A' }, headers)).toBe(status);
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
