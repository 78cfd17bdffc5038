import { expect, it } from 'vitest';
import { type MediaPlaylist, mediaPlaylist, multivariantPlaylist, PLAYLIST_MAX_SEGMENTS } from './hls.ts';
import { parseMediaPlaylist, parsePlaylistDateRanges } from './hls-parse.ts';
import { segmentKey, segmentTemplate } from './keys.ts';

const epoch = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const oldEpoch = '01K9AAAAAAAAAAAAAAAAAAAAAA';
const renditions = [
  { name: 'hq', codec: 'flac', mime: '', init: '', segment: segmentTemplate(epoch, 'hq'), bitrate: 9 },
  { name: 'lq', codec: 'opus', mime: '', init: '', segment: segmentTemplate(epoch, 'lq'), bitrate: 8 },
] as const;
const T0 = Date.UTC(2026, 10, 20, 20, 0, 0, 5);

function playlist(values: Partial<MediaPlaylist>): MediaPlaylist {
  return { live: true, rendition: 'hq', segments: [], discontinuities: 0, dateRanges: [], ...values };
}

function segment(index: number, values: Partial<MediaPlaylist['segments'][number]> = {}) {
  return { index, epoch, seconds: 10, utcMs: T0 + (index - 41) * 10_000, discontinuity: false, gaps: [], ...values };
}

it('lists the renditions with the codec names HLS readers know', () => {
  expect(multivariantPlaylist({ renditions })).toBe(
    [
      '#EXTM3U',
      '#EXT-X-VERSION:7',
      '#EXT-X-INDEPENDENT-SEGMENTS',
      '#EXT-X-STREAM-INF:BANDWIDTH=9,CODECS="fLaC"',
      'hq.m3u8',
      '#EXT-X-STREAM-INF:BANDWIDTH=8,CODECS="Opus"',
      'lq.m3u8',
      '',
    ].join('\n'),
  );
});

it('writes a media playlist with dates and gaps, and ends it when the station is off', () => {
  const segments = [segment(41, { gaps: ['hq'] }), segment(42)];
  const lines = [
    '#EXTM3U',
    '#EXT-X-VERSION:8',
    '#EXT-X-INDEPENDENT-SEGMENTS',
    '#EXT-X-TARGETDURATION:10',
    '#EXT-X-MEDIA-SEQUENCE:41',
    `#EXT-X-MAP:URI="${epoch}/hq/init.mp4"`,
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:00:00.005Z',
    '#EXT-X-GAP',
    '#EXTINF:10.00000,',
    `${epoch}/hq/00000041.mp4`,
    '#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:00:10.005Z',
    '#EXTINF:10.00000,',
    `${epoch}/hq/00000042.mp4`,
    '',
  ];
  expect(mediaPlaylist(playlist({ segments })).split('\n')).toEqual(lines);
  expect(mediaPlaylist(playlist({ live: false, segments })).split('\n')).toEqual([
    ...lines.slice(0, -1),
    '#EXT-X-ENDLIST',
    '',
  ]);
});

it('marks breaks and a new epoch, and counts those that are no longer listed', () => {
  const segments = [
    segment(40, { epoch: oldEpoch, seconds: 4 }),
    segment(41, { discontinuity: true }),
    segment(42, { discontinuity: true }),
  ];
  const text = mediaPlaylist(playlist({ rendition: 'lq', segments, discontinuities: 7 }));
  expect(text.match(/#EXT-X-DISCONTINUITY$/gm)).toHaveLength(2);
  expect(text).toContain('#EXT-X-DISCONTINUITY-SEQUENCE:5\n');
  expect(text).toContain(
    `#EXT-X-DISCONTINUITY\n#EXT-X-MAP:URI="${epoch}/lq/init.mp4"\n#EXT-X-PROGRAM-DATE-TIME:2026-11-20T20:00:00.005Z\n`,
  );
  expect(text).toContain('#EXT-X-TARGETDURATION:10\n');
});

it('lists at most 300 segments, the newest', () => {
  const segments = Array.from({ length: 1000 }, (_, index) => segment(index));
  const text = mediaPlaylist(playlist({ rendition: 'lq', segments }));
  expect(text.match(/#EXTINF/g)).toHaveLength(PLAYLIST_MAX_SEGMENTS);
  expect(text).toContain('#EXT-X-MEDIA-SEQUENCE:700\n');
});

it('carries titles as date ranges that no text can break out of', () => {
  const range = { id: 'f480000', utcMs: T0, title: 'A "B"\nC', artist: 'D' };
  const text = mediaPlaylist(playlist({ segments: [segment(41)], dateRanges: [range] }));
  expect(text).toContain(
    '#EXT-X-DATERANGE:ID="f480000",CLASS="now-playing",START-DATE="2026-11-20T20:00:00.005Z",END-ON-NEXT=YES,X-TITLE="A BC",X-ARTIST="D"\n',
  );
});

it('is read back as it was written', () => {
  const segments = [segment(40, { epoch: oldEpoch, seconds: 4 }), segment(41, { discontinuity: true, gaps: ['hq'] })];
  const read = parseMediaPlaylist(mediaPlaylist(playlist({ segments })));
  expect(read).toEqual(segments.map(({ gaps, ...rest }) => ({ ...rest, gap: gaps.length > 0 })));
  expect(parseMediaPlaylist(`#EXTINF:1,\n${segmentKey(epoch, 'hq', 1)}\n../escape.mp4\n<html>`)).toEqual([]);
});

it('has its titles read back as they were written', () => {
  const ranges = [
    { id: 'a', utcMs: T0, title: 'Nocturne, No. 5', artist: 'Field', album: 'Nights' },
    { id: 'b', utcMs: T0 + 5000, title: 'Rondo' },
  ];
  const text = mediaPlaylist(playlist({ segments: [segment(41)], dateRanges: ranges }));
  expect(parsePlaylistDateRanges(text)).toEqual(ranges);
  const foreign = text.replaceAll('"now-playing"', '"advertisement"').replace('START-DATE="2', 'START-DATE="x');
  expect(parsePlaylistDateRanges(foreign)).toEqual([]);
});
