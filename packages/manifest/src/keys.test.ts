import { expect, it } from 'vitest';
import {
  expandSegmentTemplate,
  indexKey,
  initKey,
  parseStationKey,
  segmentKey,
  segmentTemplate,
  stationObjectHeaders,
} from './keys.ts';

const epoch = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';

it('names segments so that text order is number order up to 8 digits, and never wraps', () => {
  expect(segmentKey(epoch, 'hq', 42)).toBe(`${epoch}/hq/00000042.mp4`);
  expect(segmentKey(epoch, 'hq', 123_456_789)).toBe(`${epoch}/hq/123456789.mp4`);
  expect(expandSegmentTemplate(segmentTemplate(epoch, 'lq'), 7)).toBe(segmentKey(epoch, 'lq', 7));
});

it('recognises its own keys', () => {
  expect(parseStationKey(segmentKey(epoch, 'lq', 1234567890))).toEqual({
    kind: 'segment',
    epoch,
    rendition: 'lq',
    index: 1234567890,
  });
  expect(parseStationKey(initKey(epoch, 'hq'))).toEqual({ kind: 'init', epoch, rendition: 'hq' });
  expect(parseStationKey(indexKey(epoch, '2026112020'))).toEqual({ kind: 'index', epoch, hour: '2026112020' });
  expect(parseStationKey('manifest.json')).toEqual({ kind: 'manifest' });
  expect(parseStationKey('hq.m3u8')).toEqual({ kind: 'playlist' });
});

it.each([
  'readme.txt',
  `${epoch}/hq/42.mp4`,
  `${epoch}/mq/00000042.mp4`,
  `${epoch}/hq/00000042.mp4.bak`,
  `x/${epoch}/hq/00000042.mp4`,
  'holiday/hq/00000042.mp4',
  `${epoch}/index/today.json`,
])('leaves a foreign key alone: %s', (key) => {
  expect(parseStationKey(key)).toBeUndefined();
});

it('caches segments for ever and revalidates what changes', () => {
  expect(stationObjectHeaders(segmentKey(epoch, 'hq', 1)).cacheControl).toBe('public, max-age=31536000, immutable');
  expect(stationObjectHeaders('manifest.json')).toEqual({ contentType: 'application/json', cacheControl: 'no-cache' });
  expect(stationObjectHeaders('index.m3u8').contentType).toBe('application/vnd.apple.mpegurl');
});
