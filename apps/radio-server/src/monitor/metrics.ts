import { Counter, Gauge, Registry } from 'prom-client';
import { ALERT_KINDS } from '../alerts/alert.ts';
import type { MonitorStatus } from '../desk/monitor-status.ts';
import type { Levels } from '../status.ts';

/** One value of a series. */
interface Reading {
  readonly labels?: Readonly<Record<string, string>>;
  /** `null` and `undefined`: not known, not told. */
  readonly value: number | null | undefined;
}

export interface Series {
  readonly name: string;
  readonly type: 'counter' | 'gauge';
  readonly help: string;
  /** What it is when all is well. */
  readonly healthy: string;
  readonly labels?: readonly string[];
  readonly read: (status: MonitorStatus, levels: Levels | undefined) => number | null | undefined | readonly Reading[];
}

const perChannel = (pair: readonly [number, number] | undefined): readonly Reading[] =>
  pair === undefined
    ? []
    : [0, 1].map((side) => ({ labels: { channel: side === 0 ? 'left' : 'right' }, value: pair[side] }));

/** Everything `/metrics` tells; docs/operating.md says what each is for. */
export const SERIES: readonly Series[] = [
  {
    name: 'radio_on_air',
    type: 'gauge',
    help: '1 while the station captures and publishes.',
    healthy: '1',
    read: ({ onAir }) => Number(onAir === 'on'),
  },
  {
    name: 'radio_captured_frames_total',
    type: 'counter',
    help: 'Frames captured, silence in place of lost ones included.',
    healthy: 'rises by 48000 a second',
    read: ({ captured }) => captured.frames,
  },
  {
    name: 'radio_capture_gaps_total',
    type: 'counter',
    help: 'Times that samples were lost.',
    healthy: 'does not rise',
    read: ({ captured }) => captured.gaps,
  },
  {
    name: 'radio_capture_lost_seconds_total',
    type: 'counter',
    help: 'Length of what was lost.',
    healthy: 'does not rise',
    read: ({ captured }) => captured.lostMs / 1000,
  },
  {
    name: 'radio_capture_xruns_total',
    type: 'counter',
    help: 'Overruns that the recorder reported; each may or may not have lost samples.',
    healthy: 'does not rise',
    read: ({ capture }) => capture.xruns,
  },
  {
    name: 'radio_capture_clock_ppm',
    type: 'gauge',
    help: "How much faster than 48 kHz the source's clock runs; absent for the first ten minutes.",
    healthy: '-200 to 200',
    read: ({ capture }) => capture.clockPpm,
  },
  {
    name: 'radio_bit_perfect',
    type: 'gauge',
    help: '1 when what is captured is what the source holds, sample for sample.',
    healthy: '1 for a sound card',
    read: ({ source }) => Number(source.fidelity === 'bit-perfect'),
  },
  {
    name: 'radio_true_peak_dbfs',
    type: 'gauge',
    help: 'True peak of the last 80 ms.',
    healthy: 'below -1',
    labels: ['channel'],
    read: (_, levels) => perChannel(levels?.peakDbfs),
  },
  {
    name: 'radio_loudness_lufs',
    type: 'gauge',
    help: 'EBU R 128 loudness: momentary (400 ms), short_term (3 s), integrated (since the start).',
    healthy: 'integrated -30 to -8',
    labels: ['window'],
    read: (_, levels) =>
      levels === undefined
        ? []
        : [
            { labels: { window: 'momentary' }, value: levels.loudness.momentary },
            { labels: { window: 'short_term' }, value: levels.loudness.shortTerm },
            { labels: { window: 'integrated' }, value: levels.loudness.integrated },
          ],
  },
  {
    name: 'radio_segments_published_total',
    type: 'counter',
    help: 'Segments that listeners could read.',
    healthy: 'rises by one each segment',
    read: ({ counts }) => counts.published,
  },
  {
    name: 'radio_segments_dropped_total',
    type: 'counter',
    help: 'Segments, or hq of a segment, that nobody will hear from the bucket.',
    healthy: 'does not rise',
    read: ({ counts }) => counts.dropped,
  },
  {
    name: 'radio_publish_failures_total',
    type: 'counter',
    help: 'Tries to publish that failed and were repeated.',
    healthy: 'does not rise',
    read: ({ counts }) => counts.failed,
  },
  {
    name: 'radio_segments_waiting',
    type: 'gauge',
    help: 'Segments that wait for the bucket.',
    healthy: '0 to 2',
    read: ({ queue }) => queue.segments,
  },
  {
    name: 'radio_oldest_waiting_seconds',
    type: 'gauge',
    help: 'How long the oldest of them has waited.',
    healthy: 'below 10',
    read: ({ spool }) => spool.oldestSeconds,
  },
  {
    name: 'radio_spool_bytes',
    type: 'gauge',
    help: 'Bytes of waiting segments, in memory and on disk.',
    healthy: 'below 10 MB',
    labels: ['where'],
    read: ({ spool }) => [
      { labels: { where: 'memory' }, value: spool.memoryBytes },
      { labels: { where: 'disk' }, value: spool.diskBytes },
    ],
  },
  {
    name: 'radio_store_requests_total',
    type: 'counter',
    help: 'Requests to the bucket as a bill counts them: writes (and listings), reads, deletes (free).',
    healthy: 'about 5 writes a segment',
    labels: ['kind'],
    read: ({ storage }) => Object.entries(storage.requests).map(([kind, value]) => ({ labels: { kind }, value })),
  },
  {
    name: 'radio_store_failures_total',
    type: 'counter',
    help: 'Requests to the bucket that failed after all their tries.',
    healthy: 'does not rise',
    read: ({ storage }) => storage.failures,
  },
  {
    name: 'radio_store_put_seconds',
    type: 'gauge',
    help: 'Time of a write, percentiles of the last 500.',
    healthy: '95 below half a segment',
    labels: ['percentile'],
    read: ({ storage }) => [
      { labels: { percentile: '50' }, value: seconds(storage.p50Ms) },
      { labels: { percentile: '95' }, value: seconds(storage.p95Ms) },
    ],
  },
  {
    name: 'radio_store_clock_offset_seconds',
    type: 'gauge',
    help: "The bucket's clock minus this machine's.",
    healthy: '-1 to 1; at 300 every request is refused',
    read: ({ store }) => seconds(store.clock?.offsetMs ?? null),
  },
  {
    name: 'radio_clock_synchronized',
    type: 'gauge',
    help: "1 when something keeps this machine's clock; absent when nobody can say.",
    healthy: '1',
    read: ({ capture }) => (capture.ntp.synchronized === null ? null : Number(capture.ntp.synchronized)),
  },
  {
    name: 'radio_uplink_used_bytes_per_second',
    type: 'gauge',
    help: 'Sent to the bucket over the last minute.',
    healthy: 'below half of what is available',
    read: ({ uplink }) => uplink.usedBps / 8,
  },
  {
    name: 'radio_uplink_available_bytes_per_second',
    type: 'gauge',
    help: 'RADIO_UPLINK_MBPS, else the fastest write seen.',
    healthy: 'above 625000',
    read: ({ uplink }) => (uplink.availableBps === null ? null : uplink.availableBps / 8),
  },
  {
    name: 'radio_archive_failed',
    type: 'gauge',
    help: '1 while the disk refuses recordings.',
    healthy: '0',
    read: ({ archive }) => Number(archive.state === 'failed'),
  },
  {
    name: 'radio_disk_left_seconds',
    type: 'gauge',
    help: 'Time of recording that the disk still holds.',
    healthy: 'above 86400',
    read: ({ archive }) => (archive.hoursLeft === null ? null : archive.hoursLeft * 3600),
  },
  {
    name: 'radio_alert_active',
    type: 'gauge',
    help: '1 for each kind of alert that is raised now.',
    healthy: '0',
    labels: ['kind'],
    read: ({ alerts }) =>
      ALERT_KINDS.map((kind) => ({
        labels: { kind },
        value: Number(alerts.active.some((alert) => alert.kind === kind)),
      })),
  },
  {
    name: 'radio_month_dollars',
    type: 'gauge',
    help: 'Requests of a month like the time since the start, at list prices; absent for a directory.',
    healthy: 'as `radio cost` says',
    read: ({ cost }) => cost?.dollars,
  },
  {
    name: 'radio_process_resident_bytes',
    type: 'gauge',
    help: 'Memory of the process.',
    healthy: 'below 300 MB, and level',
    read: ({ process }) => process.rssBytes,
  },
  {
    name: 'radio_process_cpu_seconds_total',
    type: 'counter',
    help: 'Processor time of the process.',
    healthy: 'rises by less than 0.2 a second',
    read: ({ process }) => process.cpuSeconds,
  },
];

function seconds(ms: number | null): number | null {
  return ms === null ? null : ms / 1000;
}

/** The text of `/metrics`. */
export function createMetrics(
  read: () => { readonly status: MonitorStatus | null; readonly levels: Levels | undefined },
): { readonly contentType: string; text(): Promise<string> } {
  const registry = new Registry();
  for (const series of SERIES) register(registry, series, read);
  return { contentType: registry.contentType, text: async () => await registry.metrics() };
}

function register(registry: Registry, series: Series, read: Parameters<typeof createMetrics>[0]): void {
  const { name, type, healthy, labels = [] } = series;
  const common = { name, help: `${series.help} Healthy: ${healthy}.`, labelNames: [...labels], registers: [registry] };
  const readings = (): readonly Reading[] => {
    const { status, levels } = read();
    const value = status === null ? [] : series.read(status, levels);
    return typeof value === 'object' && value !== null ? value : [{ value }];
  };
  const known = (): { labels: Record<string, string>; value: number }[] =>
    readings().flatMap(({ labels: of = {}, value }) => (typeof value === 'number' ? [{ labels: of, value }] : []));
  if (type === 'gauge') {
    new Gauge({
      ...common,
      collect() {
        this.reset();
        // Without labels a reset leaves a 0, which nobody measured.
        if (labels.length === 0) this.remove();
        for (const each of known()) this.set(each.labels, each.value);
      },
    });
    return;
  }
  new Counter({
    ...common,
    collect() {
      this.reset();
      for (const each of known()) this.inc(each.labels, each.value);
    },
  });
}
