import type { Minute, MonitorStatus, SegmentOnItsWay } from '../desk/monitor-status.ts';
import type { LogLine } from '../log-tail.ts';
import { MonitorFeed, type Title } from '../monitor/feed.ts';
import type { MonitorDesk } from '../monitor/server.ts';
import type { Levels } from '../status.ts';

export function segment(index: number, state: SegmentOnItsWay['state'] = 'live'): SegmentOnItsWay {
  const onItsWay = {
    live: 'in-window',
    queued: 'spooled',
    deleted: 'deleted',
    dropped: 'failed',
    encoding: 'encoding',
  };
  return {
    index,
    state,
    utcMs: Date.UTC(2026, 10, 20, 20) + index * 10_000,
    hqBytes: 1_900_400 + index,
    lqBytes: 161_000,
    publishMs: state === 'live' ? 42.4 : null,
    hq: onItsWay[state] as SegmentOnItsWay['hq'],
    lq: onItsWay[state] as SegmentOnItsWay['lq'],
  };
}

export const LEVELS: Levels = {
  peakDbfs: [-6.02, -150],
  rmsDbfs: [-18, -150],
  vuDbfs: [-17, -150],
  maxPeakDbfs: [-5, -150],
  loudness: { momentary: -20.1, shortTerm: -21.2, integrated: -22.3, range: 6.4 },
};

/** A station that does well. */
export const STATUS: MonitorStatus = {
  station: 'Harbour <b>Radio</b>',
  state: 'live',
  onAir: 'on',
  epoch: '01JD5XQ0000000000000000000',
  startedAtMs: Date.now() - 3_725_000,
  segmentSeconds: 10,
  source: {
    kind: 'alsa',
    name: 'hw:CARD=USB',
    detail: 'ALSA hw:CARD=USB: 48000 Hz 24 bit stereo',
    fidelity: 'bit-perfect',
    bitDepth: 24,
  },
  backends: { flac: 'native', opus: 'wasm' },
  captured: { frames: 3_725 * 48_000, gaps: 1, lostMs: 12.4 },
  capture: {
    state: 'capturing',
    xruns: 2,
    clockPpm: 61.4,
    trueBitDepth: 24,
    ntp: { synchronized: true, source: 'timedatectl' },
  },
  store: { kind: 's3', name: 'harbour at s3.example', clock: { offsetMs: 35, errorMs: 20 } },
  queue: { segments: 0, bytes: 0 },
  spool: { memoryBytes: 0, diskBytes: 0, oldestSeconds: 0 },
  counts: { published: 371, backfilled: 1, dropped: 0, failed: 2 },
  storage: {
    requests: { writes: 1_855, reads: 4, deletes: 740 },
    failures: 2,
    bytesSent: 764_000_000,
    p50Ms: 180,
    p95Ms: 420,
    sentBps: 1_650_000,
    seenBps: 22_000_000,
  },
  uplink: { usedBps: 1_650_000, neededBps: 2_480_000, availableBps: 10_680_000, availableIs: 'configured' },
  cost: { writes: 1_296_000, reads: 2_800, dollars: 1.33, prices: 'Cloudflare R2 (standard), 2026-11' },
  window: { first: 369, latest: 371 },
  segments: [segment(370, 'deleted'), segment(371), segment(372, 'queued')],
  archive: { state: 'recording', file: '2026/11/20/200000Z.flac', bytes: 712_345_678, seconds: 3_725, hoursLeft: 308 },
  alerts: { active: [], past: [], raised: 0 },
  nowPlaying: null,
  process: { uptimeSeconds: 3_725, rssBytes: 143_000_000, cpuSeconds: 210 },
  lastError: null,
  links: {
    site: 'http://localhost:3000',
    manifest: 'http://localhost:9000/radio/live/manifest.json',
    hls: 'http://localhost:9000/radio/live/index.m3u8',
  },
};

/** A desk without a station: what it says is set by the test, what it is asked is kept. */
export class FakeDesk implements MonitorDesk {
  readonly feed: MonitorFeed = new MonitorFeed();
  history: { minutes: readonly Minute[] } = { minutes: [] };
  levels: Levels | undefined = LEVELS;
  logLines: readonly LogLine[] = [];
  now: MonitorStatus | null = STATUS;
  /** Calls that change something, in order. */
  readonly asked: string[] = [];
  readonly titles: Title[] = [];

  status(): MonitorStatus | null {
    return this.now;
  }

  start(): boolean {
    this.asked.push('start');
    return this.now?.onAir === 'off';
  }

  stop(): boolean {
    this.asked.push('stop');
    return this.now?.onAir === 'on';
  }

  nowPlaying(title: Title): boolean {
    if (this.now?.onAir !== 'on') return false;
    this.asked.push('now-playing');
    this.titles.push(title);
    return true;
  }

  cue({ title }: Title): boolean {
    this.asked.push(`cue ${title}`);
    return this.now?.archive.state === 'recording';
  }

  resetLoudness(): void {
    this.asked.push('reset');
  }
}
