import { parseManifest } from '@bucket-radio/manifest';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import { EPOCH } from '../../../test/fixtures.ts';
import { VirtualClock } from '../../../test/virtual-clock.ts';
import type { FollowedSegment } from '../core/delivery.ts';
import { QualityPolicy } from '../core/quality.ts';
import { HlsPlayback } from './hls-playback.ts';
import type { FetchedStation } from './output.ts';

/** Stands in for the numbers that Node has no class for. */
beforeEach(() => vi.stubGlobal('MediaError', { MEDIA_ERR_DECODE: 3 }));
afterEach(() => vi.unstubAllGlobals());

/** One range, or none. */
function ranges(start: number, end: number): TimeRanges {
  return { length: end > start ? 1 : 0, start: () => start, end: () => end };
}

/** A media element whose browser does what the test says. */
class ScriptedElement {
  currentTime = 0;
  end = 0;
  seekableUntil = 0;
  paused = true;
  ended = false;
  readyState = 4;
  error: { code: number; message: string } | null = null;
  startDate = Number.NaN;
  sources: string[] = [];

  set src(url: string) {
    this.sources.push(url);
    this.currentTime = 0;
    this.end = 0;
    this.ended = false;
    this.error = null;
  }

  get buffered(): TimeRanges {
    return ranges(0, this.end);
  }

  get seekable(): TimeRanges {
    return ranges(0, this.seekableUntil);
  }

  getStartDate(): Date {
    return new Date(this.startDate);
  }

  async play(): Promise<void> {
    this.paused = false;
  }
}

const NOW = Date.UTC(2026, 10, 20, 20);

/** The newest readable segment is `latest`; its first frame was captured at NOW. */
function manifest(values: object = {}) {
  const rendition = (name: string, codec: string) => ({
    ...{ name, codec, mime: 'audio/mp4', bitrate: 1000 },
    ...{ init: `${EPOCH}/${name}/init.mp4`, segment: `${EPOCH}/${name}/{index}.mp4` },
  });
  return parseManifest({
    ...{ version: 1, station: 'Test', live: true, epoch: EPOCH, segmentSeconds: 10, sampleRate: 48_000 },
    ...{ first: 100, latest: 109, latestStart: NOW, nextEta: NOW + 20_000, updatedAt: NOW, fidelity: 'bit-perfect' },
    ...{ renditions: [rendition('hq', 'flac'), rendition('lq', 'opus')], breaks: [], gaps: [], missing: [], ...values },
  });
}

function listening() {
  const clock = new VirtualClock(NOW);
  const element = new ScriptedElement();
  const told: FollowedSegment[] = [];
  const quality = new QualityPolicy();
  let streams = 0;
  const input = { push: () => undefined, end: async () => undefined, cancel: () => 0 };
  const begin = (followed: FollowedSegment) => {
    told.push(followed);
    return input;
  };
  const playback = new HlsPlayback(() => element as unknown as HTMLMediaElement, {
    ...{ clock, quality, base: 'https://radio.example/live/', nextStream: () => ++streams },
    output: { begin, bufferedMs: () => 0 },
  });
  const session = new AbortController();
  const station: FetchedStation = { manifest: manifest(), fresh: true, onAir: true, from: undefined };
  return {
    ...{ clock, element, quality, playback },
    /** The segments that were told of, as the stream that was announced last has them. */
    segments: () => told.filter(({ index, stream }) => index > 0 && stream === streams),
    watch: (values: Partial<FetchedStation> = {}, signal: AbortSignal = session.signal) =>
      playback.watch({ ...station, ...values }, signal),
    /** Looks until the browser did what `act` says, with time passing. */
    async during(ms: number, act: () => void, values: Partial<FetchedStation> = {}): Promise<boolean | string> {
      const watching = playback.watch({ ...station, ...values }, session.signal);
      const answer = watching.catch((error: Error) => error.message);
      act();
      await clock.advance(ms);
      return Promise.race([answer, Promise.resolve('watches')]);
    },
  };
}

/** The browser plays: 0.1 s of sound for every look. */
function sounding(element: ScriptedElement, clock: VirtualClock): void {
  const sleep = clock.sleep.bind(clock);
  clock.sleep = async (ms, signal) => {
    await sleep(ms, signal);
    element.currentTime += ms / 1000;
  };
}

it("with the browser's date of media time 0, the frame is known exactly and at once, across a break too", async () => {
  const lost = { index: 107, frame: 107 * 480_000, utcMs: 0, lostMs: 3000, reason: 'restart' };
  for (const [breaks, zero] of [
    [[], 105 * 480_000],
    [[lost], 105 * 480_000 + 144_000],
  ] as const) {
    const { element, clock, during, segments } = listening();
    sounding(element, clock);
    const act = () => Object.assign(element, { end: 25, startDate: NOW - 40_000 });
    await during(200, act, { manifest: manifest({ breaks }) });
    expect(element.sources).toEqual(['https://radio.example/live/hq.m3u8']);
    expect(segments().map(({ index }) => index)).toEqual([105, 106, 107]);
    expect(segments()[0]).toMatchObject({ startFrame: zero, rendition: 'hq', head: { frames: 480_000 } });
  }
});

it('without dates it is what the manifest names when new sound has arrived, and comes closer with every arrival', async () => {
  const { element, clock, during, watch, segments } = listening();
  sounding(element, clock);
  await during(200, () => Object.assign(element, { end: 20 }));
  // The browser was a segment behind.
  let watching = watch({ manifest: manifest({ latest: 110 }) });
  await clock.advance(200);
  expect(segments()[0]).toMatchObject({ startFrame: 109 * 480_000, index: 109 });
  element.end = 40;
  await clock.advance(10_000);
  await watching;
  watching = watch({ manifest: manifest({ latest: 111 }) });
  await clock.advance(10_100);
  await watching;
  expect(segments()[0]).toMatchObject({ startFrame: 108 * 480_000 });
});

it('goes on where the listener was, where the browser has a way there; else at the live edge', async () => {
  for (const seekableUntil of [60, 0]) {
    const { element, clock, during, playback, watch } = listening();
    const from = { epoch: EPOCH, frame: 107 * 480_000 };
    await during(10_100, () => Object.assign(element, { end: 60, startDate: NOW - 60_000, seekableUntil }), { from });
    const watching = watch({ from });
    await clock.advance(10_100);
    await watching;
    expect([element.currentTime, playback.shifted]).toEqual(seekableUntil > 0 ? [40, true] : [0, false]);
  }
});

it('a rendition that the browser refuses is left for the other one, whatever was asked for', async () => {
  const { element, quality, during, watch, clock } = listening();
  quality.mode = 'lq';
  const fault = await during(100, () => Object.assign(element, { error: { code: 4, message: 'no Opus' } }));
  expect(fault).toBe('the browser cannot play lq.m3u8 (media error 4: no Opus)');
  const watching = watch();
  await clock.advance(10_100);
  await watching;
  expect(element.sources.map((url) => url.slice(-7))).toEqual(['lq.m3u8', 'hq.m3u8']);
});

it('without a network nothing is refused, and sound that has run out in auto is light from then on', async () => {
  const { element, clock, during, watch } = listening();
  await during(100, () => Object.assign(element, { error: { code: 4, message: '' } }), { fresh: false });
  sounding(element, clock);
  const until = clock.now() + 6000;
  const listen = async (): Promise<void> => {
    while (clock.now() < until) await watch();
  };
  const listened = listen();
  element.end = 5;
  await clock.advance(3000);
  clock.sleep = (ms, signal) => VirtualClock.prototype.sleep.call(clock, ms, signal);
  element.end = element.currentTime;
  await clock.advance(20_000);
  await listened;
  expect(element.sources.map((url) => url.slice(-7))).toEqual(['hq.m3u8', 'hq.m3u8', 'lq.m3u8']);
});

it('sound that stands still for three segments is started again, and at once when the network is back', async () => {
  const { element, clock, during, watch } = listening();
  expect(await during(10_100, () => undefined)).toBe(false);
  expect(await during(10_100, () => undefined)).toBe(false);
  expect(await during(10_100, () => undefined)).toMatch(/^hq.m3u8 has brought no sound for 30 s$/);
  const waking = new AbortController();
  const watching = watch({}, waking.signal).catch(() => 'woken');
  await clock.advance(500);
  waking.abort();
  expect(await watching).toBe('woken');
  expect(element.sources).toHaveLength(2);
  await during(10_100, () => undefined);
  expect(element.sources).toHaveLength(3);
});

it('off the air nothing is asked for; a new epoch is a new start', async () => {
  const { element, clock, during, watch } = listening();
  expect(await watch({ onAir: false })).toBe(false);
  expect(element.sources).toEqual([]);
  sounding(element, clock);
  await during(10_100, () => Object.assign(element, { end: 30, startDate: NOW - 30_000 }));
  await during(10_100, () => undefined);
  expect(element.sources).toHaveLength(1);
  await during(10_100, () => undefined, { manifest: manifest({ epoch: EPOCH.replace('Z', 'Y') }) });
  expect(element.sources).toHaveLength(2);
});

it('what somebody else paused is left alone, woken or not, until they go on', async () => {
  const { element, clock, quality, during, watch } = listening();
  sounding(element, clock);
  await during(10_100, () => Object.assign(element, { end: 30 }));
  clock.sleep = (ms, signal) => VirtualClock.prototype.sleep.call(clock, ms, signal);
  Object.assign(element, { paused: true, end: element.currentTime });
  const waking = new AbortController();
  const watching = watch({}, waking.signal).catch(() => 'woken');
  await clock.advance(5000);
  waking.abort();
  expect(await watching).toBe('woken');
  quality.mode = 'lq';
  const next = { manifest: manifest({ epoch: EPOCH.replace('Z', 'Y') }) };
  // It does not come back before its time either: each return reads the manifest.
  expect(await during(5000, () => undefined, next)).toBe('watches');
  expect(await during(15_100, () => undefined, { ...next, onAir: false })).toBe(false);
  expect(element.sources).toHaveLength(1);
  Object.assign(element, { paused: false });
  quality.mode = 'auto';
  await during(100, () => undefined, next);
  expect(element.sources.map((url) => url.slice(-7))).toEqual(['hq.m3u8', 'hq.m3u8']);
});

it('a change of quality at the end of a broadcast does not begin its window again', async () => {
  const { element, clock, quality, during } = listening();
  sounding(element, clock);
  await during(10_100, () => Object.assign(element, { end: 30 }));
  quality.mode = 'lq';
  await during(10_100, () => undefined, { onAir: false });
  expect(element.sources).toHaveLength(1);
  await during(100, () => undefined);
  expect(element.sources.map((url) => url.slice(-7))).toEqual(['hq.m3u8', 'lq.m3u8']);
});
