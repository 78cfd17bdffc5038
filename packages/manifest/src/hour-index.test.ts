import { expect, it } from 'vitest';
import { type HourIndex, parseHourIndex, readHourIndexes, withHourIndexes } from './hour-index.ts';
import { hourName } from './hour-name.ts';
import { indexKey, indexTemplate } from './keys.ts';
import { isMissing } from './missing.ts';
import type { Manifest } from './types.ts';

const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const OLD = '01K9AAAAAAAAAAAAAAAAAAAAAA';
const T0 = Date.UTC(2026, 10, 20, 20);

function hour(first: number, changes: Partial<HourIndex> = {}): HourIndex {
  const firstStart = T0 + first * 10_000;
  const base = { version: 1, epoch: EPOCH, hour: hourName(firstStart), segmentSeconds: 10, first } as const;
  return { ...base, latest: first + 359, firstStart, breaks: [], gaps: [], missing: [], ...changes };
}

function manifest(changes: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    station: 'Test',
    live: true,
    epoch: EPOCH,
    segmentSeconds: 10,
    sampleRate: 48_000,
    first: 100,
    latest: 1200,
    latestStart: T0 + 12_000_000,
    nextEta: 0,
    updatedAt: 0,
    fidelity: 'bit-perfect',
    renditions: [],
    breaks: [],
    gaps: [],
    missing: [],
    index: { path: indexTemplate(EPOCH), hour: '2026112022', below: 1080 },
    ...changes,
  };
}

function reader(hours: readonly HourIndex[]) {
  const read: string[] = [];
  const texts = new Map(hours.map((h) => [indexKey(h.epoch, h.hour), JSON.stringify(h)]));
  return {
    read,
    get: async (path: string) => {
      read.push(path);
      return await Promise.resolve(texts.get(path));
    },
  };
}

it('names hours in UTC', () => {
  expect(hourName(Date.UTC(2026, 0, 2, 3, 59, 59, 999))).toBe('2026010203');
});

it('follows the hours back to the start of the window, across an epoch, and no further', async () => {
  const hours = [
    hour(0, { epoch: OLD }),
    hour(360, { before: { hour: '2026112020', epoch: OLD } }),
    hour(720, { before: { hour: '2026112021' } }),
  ];
  const { read, get } = reader(hours);
  expect(await readHourIndexes(manifest(), get)).toEqual(hours.toReversed());
  expect(read).toEqual([
    `${EPOCH}/index/2026112022.json`,
    `${EPOCH}/index/2026112021.json`,
    `${OLD}/index/2026112020.json`,
  ]);
  expect(await readHourIndexes(manifest({ first: 800 }), get)).toHaveLength(1);
  const { index: _, ...short } = manifest();
  expect(await readHourIndexes(short, get)).toEqual([]);
});

it('goes round in no circle', async () => {
  const loop = [hour(360, { before: { hour: '2026112022' } }), hour(720, { before: { hour: '2026112021' } })];
  expect(await readHourIndexes(manifest({ first: 0 }), reader(loop).get)).toHaveLength(2);
});

it('completes the lists below the mark, and leaves those from there on alone', () => {
  const b = (index: number) => ({ index, frame: index * 480_000, utcMs: 0, lostMs: 1, reason: 'restart' });
  const gap = (index: number) => ({ frame: index * 480_000 + 5, frames: 10, reason: 'xrun' as const });
  const hours = [
    hour(720, {
      breaks: [b(800)],
      gaps: [gap(801)],
      missing: [
        { rendition: 'hq', index: 1078, count: 5 },
        { rendition: 'lq', index: 1081 },
      ],
    }),
    hour(360, { missing: [{ rendition: 'hq', index: 400 }] }),
  ];
  const lists = {
    breaks: [b(1100)],
    gaps: [gap(1101)],
    missing: [{ rendition: 'hq' as const, index: 1079, count: 3 }],
  };
  const whole = withHourIndexes(manifest(lists), hours);
  expect(whole.breaks.map(({ index }) => index)).toEqual([800, 1100]);
  expect(whole.gaps).toEqual([gap(801), gap(1101)]);
  const missing = [400, 1077, 1078, 1079, 1080, 1081, 1082].map((index) => isMissing(whole, 'hq', index));
  expect(missing).toEqual([true, false, true, true, true, true, false]);
  expect(isMissing(whole, 'lq', 1081)).toBe(false);
});

it.each([
  [{ version: 2 }, 'version is 2'],
  [{ epoch: 'x' }, 'epoch'],
  [{ hour: '20261120' }, 'yyyymmddhh'],
  [{ latest: -1 }, 'latest'],
  [{ first: 500 }, 'at most latest'],
  [{ missing: [{ rendition: 'mq', index: 1 }] }, 'missing[0].rendition'],
  [{ before: { hour: '../../secret' } }, 'before.hour'],
])('refuses %j', (change, message) => {
  expect(() => parseHourIndex({ ...hour(0), ...change })).toThrow(message);
});

it('reads back what was written, and refuses what is not JSON', () => {
  expect(parseHourIndex(JSON.stringify({ ...hour(0), more: 1 }))).toEqual(hour(0));
  expect(() => parseHourIndex('<html>')).toThrow('not JSON');
});
