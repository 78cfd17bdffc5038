import { expect, it } from 'vitest';
import { EPOCH } from '../../../test/fixtures.ts';
import { listen, playing } from '../../../test/listening.ts';
import { VirtualClock } from '../../../test/virtual-clock.ts';
import { VirtualStation } from '../../../test/virtual-station.ts';
import { readHours } from './hours.ts';
import type { FetchLike } from './http.ts';

const BEFORE = '01K9YYYYYYYYYYYYYYYYYYYYYY';

const BREAK = { index: 9500, frame: 456_000_000, utcMs: 1, lostMs: 2, reason: 'restart' } as const;

const manifest = {
  ...new VirtualStation(new VirtualClock(), { segmentSeconds: 1, windowSegments: 9000, head: 10_000 }).manifest(),
  index: { path: `s/mac/${EPOCH}/index/{hour}.json`, hour: '2026010102', below: 9000 },
};

function hour(first: number, more: object = {}): string {
  return JSON.stringify({ version: 1, first, latest: first + 3599, breaks: [], gaps: [], missing: [], ...more });
}

function read(downTo: number, textAt: (path: string) => string | undefined) {
  const fetch: FetchLike = async (url) => {
    const text = textAt(url.replace('https://bucket.example/live/', ''));
    return text === undefined ? new Response(null, { status: 404 }) : new Response(text);
  };
  const transport = { fetch, base: 'https://bucket.example/live/' };
  return readHours(transport, manifest, downTo, new AbortController().signal);
}

it('hours are followed back to the wanted segment, across an epoch, and no further', async () => {
  const asked: string[] = [];
  const texts = [
    hour(6000, { before: { hour: '2026010101' }, missing: [{ rendition: 'hq', index: 6001, count: 2 }] }),
    hour(4000, { before: { hour: '2026010101', epoch: BEFORE } }),
    hour(2000, {
      before: { hour: '2026010100' },
      breaks: [{ ...BREAK, index: 2100 }],
      missing: [{ rendition: 'hq', index: 2001 }],
    }),
  ];
  const complete = await read(2500, (path) => texts[asked.push(path) - 1]);
  expect(asked).toEqual([
    `s/mac/${EPOCH}/index/2026010102.json`,
    `s/mac/${EPOCH}/index/2026010101.json`,
    `s/mac/${BEFORE}/index/2026010101.json`,
  ]);
  const { missing } = complete(manifest);
  expect(missing.map(({ index }) => index)).toEqual([6001, 2001]);
  // Once more adds nothing that counts twice.
  const twice = complete({ ...manifest, breaks: [BREAK] });
  expect(complete(twice).breaks).toEqual(twice.breaks);
});

it.each([
  ['is not there', undefined],
  ['is no JSON', '<html>'],
  ['is of another version', hour(1, { version: 2 })],
  ['is nonsense', hour(-1)],
  [
    'holds nonsense',
    hour(6000, { missing: [null, 7, { rendition: 'x', index: 1 }, { rendition: 'hq' }], before: { hour: '../x' } }),
  ],
  ['links to itself', hour(6000, { before: { hour: '2026010102' } })],
])('an hour that %s is passed over', async (_, text) => {
  let asked = 0;
  const complete = await read(0, () => {
    asked++;
    return text;
  });
  expect(complete(manifest)).toEqual(manifest);
  expect(asked).toBeLessThanOrEqual(2);
});

it('who goes hours back plays lq where an hour says that hq is missing, without asking for it', async () => {
  const options = { segmentSeconds: 1, windowSegments: 9000, head: 10_000, light: true } as const;
  const hours: string[] = [];
  let answer: FetchLike = () => Promise.reject(new Error('not yet'));
  const l = listen(options, { fetch: (url, init) => answer(url, init) });
  answer = async (url, init) => {
    if (!url.includes('/index/')) return l.station.fetch(url, init);
    hours.push(url);
    return new Response(hour(1000, { missing: [{ rendition: 'hq', index: 2004 }] }));
  };
  const { index } = manifest;
  l.station.patch = (one) => ({ ...one, missing: [], index: { ...index, path: `${EPOCH}/index/{hour}.json` } });
  l.station.missing = [{ rendition: 'hq', index: 2004 }];
  await playing(l);
  expect(hours).toEqual([]);
  l.engine.seek(l.station.latest + 1 - 2000);
  await playing(l);
  await l.clock.until(() => l.heard.includes('hq 2005'), 20_000);
  expect(hours).toEqual([`https://bucket.example/live/${EPOCH}/index/2026010102.json`]);
  expect(l.heard).toContain('lq 2004');
  expect(l.station.count(/hq\/00002004/)).toBe(0);
  expect(l.engine.stats).toMatchObject({ shifted: true, underruns: 0 });
});
