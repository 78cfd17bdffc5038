import { z } from 'zod';

/** What a page sends about its listener. Nothing in it says who. */
const beacon = z.object({
  /** Random, of one opened page. */
  session: z.uuid(),
  listening: z.boolean(),
  /** Interruptions since the last beacon. */
  stalls: z.number().int().min(0).max(1000),
  quality: z.enum(['hq', 'lq']).optional(),
  latencySeconds: z.number().min(0).max(86_400).optional(),
});

export type Beacon = z.output<typeof beacon>;

/** A beacon is smaller than this, in bytes. */
export const MAX_BEACON_BYTES = 1024;
/** A page that says nothing for this long is gone: two beacons and a bit. */
const SILENT_MS = 75_000;
/** Listeners counted at once; past that the count says so and stays. */
const MAX_SESSIONS = 50_000;
/** Upper bounds of the latency histogram, in seconds. */
const LATENCY_BOUNDS = [2, 4, 6, 8, 10, 15, 20, 30, 60] as const;

interface Session {
  seenMs: number;
  quality: 'hq' | 'lq' | undefined;
  latencySeconds: number | undefined;
}

/** The numbers at one moment. */
export interface ListenerSummary {
  readonly listeners: number;
  readonly byQuality: Readonly<Record<'hq' | 'lq', number>>;
  /** Of those who listen now, in seconds; `null` when nobody does. */
  readonly medianLatencySeconds: number | null;
  readonly peakListeners: number;
  readonly sessionsTotal: number;
  readonly stallsTotal: number;
}

/** Reads a beacon; `undefined` for anything that is none. */
export function parseBeacon(text: string): Beacon | undefined {
  try {
    return beacon.safeParse(JSON.parse(text)).data;
  } catch {
    return undefined;
  }
}

/**
 * Counts listeners from their beacons, in memory: no cookies, no addresses, nothing on disk. Each process counts its own:
 * behind several, add their numbers up.
 */
export class ListenerStatistics {
  readonly #sessions = new Map<string, Session>();
  readonly #utcMs: () => number;
  #sessionsTotal = 0;
  #stallsTotal = 0;
  #peak = 0;
  readonly #latencyCounts = new Array<number>(LATENCY_BOUNDS.length + 1).fill(0);
  #latencySum = 0;

  constructor(utcMs: () => number) {
    this.#utcMs = utcMs;
  }

  take({ session, listening, stalls, quality, latencySeconds }: Beacon): void {
    this.#stallsTotal += stalls;
    if (latencySeconds !== undefined && listening) this.#observeLatency(latencySeconds);
    if (!listening) {
      this.#sessions.delete(session);
      return;
    }
    this.#forgetSilent();
    const known = this.#sessions.has(session);
    if (!known && this.#sessions.size >= MAX_SESSIONS) return;
    if (!known) this.#sessionsTotal += 1;
    // Set anew, so that the map stays in order of when it heard of each.
    this.#sessions.delete(session);
    this.#sessions.set(session, { seenMs: this.#utcMs(), quality, latencySeconds });
    this.#peak = Math.max(this.#peak, this.#sessions.size);
  }

  summary(): ListenerSummary {
    this.#forgetSilent();
    const sessions = [...this.#sessions.values()];
    const count = (name: 'hq' | 'lq'): number => sessions.filter(({ quality }) => quality === name).length;
    return {
      listeners: sessions.length,
      byQuality: { hq: count('hq'), lq: count('lq') },
      medianLatencySeconds: median(sessions.flatMap(({ latencySeconds }) => latencySeconds ?? [])),
      peakListeners: this.#peak,
      sessionsTotal: this.#sessionsTotal,
      stallsTotal: this.#stallsTotal,
    };
  }

  /** The Prometheus text format (exposition 0.0.4). Written here: prom-client needs Node, and this runs anywhere. */
  metrics(): string {
    const { listeners, byQuality, sessionsTotal, stallsTotal } = this.summary();
    let below = 0;
    const buckets = LATENCY_BOUNDS.map((bound, at) => {
      below += this.#latencyCounts[at] ?? 0;
      return `radio_listener_latency_seconds_bucket{le="${bound}"} ${below}`;
    });
    const observed = below + (this.#latencyCounts.at(-1) ?? 0);
    return [
      ...series('radio_listeners', 'gauge', 'Pages that play now.', [`radio_listeners ${listeners}`]),
      ...series('radio_listeners_by_quality', 'gauge', 'The same by what they play.', [
        `radio_listeners_by_quality{quality="hq"} ${byQuality.hq}`,
        `radio_listeners_by_quality{quality="lq"} ${byQuality.lq}`,
      ]),
      ...series('radio_listener_sessions_total', 'counter', 'Pages that have played.', [
        `radio_listener_sessions_total ${sessionsTotal}`,
      ]),
      ...series('radio_listener_stalls_total', 'counter', 'Interruptions that listeners heard.', [
        `radio_listener_stalls_total ${stallsTotal}`,
      ]),
      ...series('radio_listener_latency_seconds', 'histogram', 'From capture to ear, at each beacon.', [
        ...buckets,
        `radio_listener_latency_seconds_bucket{le="+Inf"} ${observed}`,
        `radio_listener_latency_seconds_sum ${this.#latencySum}`,
        `radio_listener_latency_seconds_count ${observed}`,
      ]),
      '',
    ].join('\n');
  }

  #observeLatency(seconds: number): void {
    const at = LATENCY_BOUNDS.findIndex((bound) => seconds <= bound);
    const bucket = at === -1 ? LATENCY_BOUNDS.length : at;
    this.#latencyCounts[bucket] = (this.#latencyCounts[bucket] ?? 0) + 1;
    this.#latencySum += seconds;
  }

  /** The oldest are first. */
  #forgetSilent(): void {
    const nowMs = this.#utcMs();
    for (const [session, { seenMs }] of this.#sessions) {
      if (nowMs - seenMs < SILENT_MS) return;
      this.#sessions.delete(session);
    }
  }
}

function series(name: string, type: string, help: string, samples: readonly string[]): string[] {
  return [`# HELP ${name} ${help}`, `# TYPE ${name} ${type}`, ...samples];
}

function median(values: readonly number[]): number | null {
  const sorted = values.toSorted((one, other) => one - other);
  return sorted[sorted.length >> 1] ?? null;
}
