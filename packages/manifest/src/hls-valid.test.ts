import fc from 'fast-check';
import * as HLS from 'hls-parser';
import { expect, it } from 'vitest';
import { mediaPlaylist, multivariantPlaylist, type PlaylistSegment } from './hls.ts';
import { initKey, segmentKey, segmentTemplate } from './keys.ts';

const OLD = '01K9AAAAAAAAAAAAAAAAAAAAAA';
const NEW = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const T0 = Date.UTC(2026, 10, 20, 20);

HLS.setOptions({ strictMode: true });

/** Any window: an epoch may change in it, runs may end, either rendition may be missing. */
const window = fc
  .record({
    first: fc.nat({ max: 10 ** 9 }),
    length: fc.integer({ min: 1, max: 40 }),
    seconds: fc.integer({ min: 1, max: 10 }),
    oldSeconds: fc.integer({ min: 1, max: 10 }),
    oldSegments: fc.nat({ max: 10 }),
    breaks: fc.uniqueArray(fc.integer({ min: 1, max: 39 }), { maxLength: 4 }),
    gaps: fc.uniqueArray(fc.integer({ min: 0, max: 39 }), { maxLength: 10 }),
    jitterMs: fc.double({ min: 0, max: 0.999, noNaN: true }),
  })
  .map(({ first, length, seconds, oldSeconds, oldSegments, breaks, gaps, jitterMs }): PlaylistSegment[] => {
    let utcMs = T0 + jitterMs;
    return Array.from({ length }, (_, n) => {
      const isOld = n < oldSegments;
      const discontinuity = n > 0 && (n === oldSegments || breaks.includes(n));
      if (discontinuity) utcMs += 4321;
      const segment: PlaylistSegment = {
        index: first + n,
        epoch: isOld ? OLD : NEW,
        seconds: isOld ? oldSeconds : seconds,
        utcMs,
        discontinuity,
        gaps: gaps.includes(n) ? ['hq'] : [],
      };
      utcMs += segment.seconds * 1000;
      return segment;
    });
  });

const text = fc.string({ unit: 'grapheme', minLength: 1, maxLength: 30 });

it('an independent strict parser reads in a media playlist what was written', () => {
  fc.assert(
    fc.property(
      window,
      fc.boolean(),
      fc.nat({ max: 50 }),
      fc.nat({ max: 39 }),
      text,
      (segments, live, older, at, title) => {
        const tags = segments.filter(({ discontinuity }) => discontinuity).length;
        const playing = segments[at % segments.length] as PlaylistSegment;
        const range = { id: 'r', utcMs: playing.utcMs + 250, title };
        const written = mediaPlaylist({
          live,
          rendition: 'hq',
          segments,
          discontinuities: tags + older,
          dateRanges: [range],
        });
        const read = HLS.parse(written);
        if (read.isMasterPlaylist) throw new Error('read as a multivariant playlist');
        expect(read).toMatchObject({
          version: segments.some(({ gaps }) => gaps.length > 0) ? 8 : 7,
          independentSegments: true,
          targetDuration: Math.max(...segments.map(({ seconds }) => seconds)),
          mediaSequenceBase: segments[0]?.index,
          discontinuitySequenceBase: older,
          endlist: !live,
        });
        expect(read.segments).toHaveLength(segments.length);
        for (const [n, segment] of segments.entries()) {
          const found = read.segments[n];
          expect(found).toMatchObject({
            uri: segmentKey(segment.epoch, 'hq', segment.index),
            duration: segment.seconds,
            mediaSequenceNumber: segment.index,
            map: { uri: initKey(segment.epoch, 'hq') },
          });
          expect([found?.discontinuity === true, found?.gap === true]).toEqual([
            segment.discontinuity,
            segment.gaps.length > 0,
          ]);
          // To the millisecond: far below the 10 ms that are promised.
          expect(Math.abs((found?.programDateTime?.getTime() ?? Number.NaN) - segment.utcMs)).toBeLessThanOrEqual(0.5);
          expect(found?.dateRange?.id).toBe(segment === playing ? 'r' : undefined);
        }
        const told = read.segments.find(({ dateRange }) => dateRange !== undefined)?.dateRange;
        expect(told).toMatchObject({ classId: 'now-playing', endOnNext: true });
        expect(Math.abs((told?.start?.getTime() ?? Number.NaN) - range.utcMs)).toBeLessThanOrEqual(0.5);
      },
    ),
    { numRuns: 200 },
  );
});

it('an independent strict parser reads both renditions in the multivariant playlist', () => {
  const rendition = (name: 'hq' | 'lq', codec: 'flac' | 'opus', bitrate: number) =>
    ({ name, codec, mime: '', init: '', segment: segmentTemplate(NEW, name), bitrate }) as const;
  const read = HLS.parse(
    multivariantPlaylist({ renditions: [rendition('hq', 'flac', 900_000), rendition('lq', 'opus', 128_000)] }),
  );
  if (!read.isMasterPlaylist) throw new Error('read as a media playlist');
  expect(read.variants).toMatchObject([
    { uri: 'hq.m3u8', bandwidth: 900_000, codecs: 'fLaC' },
    { uri: 'lq.m3u8', bandwidth: 128_000, codecs: 'Opus' },
  ]);
});
