import { SAMPLE_RATE } from '@bucket-radio/pcm';

/** A source clock faster or slower than this is not drift. */
const MAX_DRIFT = 1e-3;
const BUCKET_MS = 1000;
/** 20 minutes: long enough for 0.1 ppm, short enough to follow the temperature of a crystal. */
const MAX_BUCKETS = 1200;
/** The rate is told once it was measured over 10 minutes. */
const REPORTED_BUCKETS = 600;
/** Fewer points than this say nothing about the slope. */
const MIN_FIT_BUCKETS = 15;
/** The level of the line is the median of this many newest buckets. */
const LEVEL_BUCKETS = 15;
/** A fit is repeated when the window has grown, or moved on, by this part of it. */
const REFIT_PART = 1 / 6;
/** This many buckets in a row below the line: the source's latency became shorter. */
const STEP_BUCKETS = 3;

interface Bucket {
  /** Monotonic ms of the arrival that was least late. */
  readonly atMs: number;
  latenessMs: number;
}

/**
 * When the frames of a source arrive, as a line: nominal rate, plus drift, plus a constant. *Lateness* is the arrival
 * of a frame minus when it would have arrived at exactly 48 kHz. Scheduling only ever makes arrivals later, so the
 * least late arrival of each second lies on the line, whatever the jitter; the slope through those points is the drift
 * of the source's clock (least squares, outliers left out), and a step up from the line is loss.
 */
export class ArrivalLine {
  readonly #originMs: number;
  readonly #originFrame: number;
  readonly #buckets: Bucket[] = [];
  #open: { readonly startMs: number; atMs: number; latenessMs: number } | undefined;
  #slope = 0;
  #level: { readonly atMs: number; readonly latenessMs: number } | undefined;
  #noiseMs = 0;
  #unfitted = 0;

  /** @param originMs monotonic ms at which `originFrame` would have arrived */
  constructor(originMs: number, originFrame: number) {
    this.#originMs = originMs;
    this.#originFrame = originFrame;
  }

  /** How late a frame is that arrives at `atMs`, against 48 kHz exactly. */
  lateness(frame: number, atMs: number): number {
    return atMs - this.#originMs - ((frame - this.#originFrame) * 1000) / SAMPLE_RATE;
  }

  /** The lateness expected of a punctual arrival at `atMs`. */
  expected(atMs: number): number {
    const level = this.#level;
    if (level !== undefined) return level.latenessMs + this.#slope * (atMs - level.atMs);
    return this.#open?.latenessMs ?? 0;
  }

  /** Monotonic ms at which `frame` arrives when it is punctual; the newest part of the line is used. */
  arrivalMs(frame: number, nowMs: number): number {
    return this.#originMs + ((frame - this.#originFrame) * 1000) / SAMPLE_RATE + this.expected(nowMs);
  }

  /** The frame that arrives at `atMs` when it is punctual. */
  frameAt(atMs: number): number {
    return this.#originFrame + Math.floor(((atMs - this.#originMs - this.expected(atMs)) * SAMPLE_RATE) / 1000);
  }

  /** Robust spread of the least late arrivals around the line, in ms. */
  get noiseMs(): number {
    return this.#noiseMs;
  }

  /** Enough is known to call an arrival late. */
  get settled(): boolean {
    return this.#buckets.length >= STEP_BUCKETS;
  }

  /** How much faster than 48 kHz the source runs, measured over at least 10 minutes; `null` before. */
  get clockPpm(): number | null {
    // More lateness with time means fewer frames per second.
    return this.#buckets.length < REPORTED_BUCKETS ? null : (1 / (1 + this.#slope) - 1) * 1e6;
  }

  /** A punctual arrival: the last of the frames before `frame` came at `atMs`. */
  add(frame: number, atMs: number): void {
    const latenessMs = this.lateness(frame, atMs);
    const open = this.#open;
    if (open !== undefined && atMs < open.startMs + BUCKET_MS) {
      if (latenessMs < open.latenessMs) Object.assign(open, { atMs, latenessMs });
      return;
    }
    this.#open = { startMs: atMs, atMs, latenessMs };
    if (open !== undefined) this.#close({ atMs: open.atMs, latenessMs: open.latenessMs });
  }

  /** The source's latency changed by `ms`, and no frame was lost: the line moves, its slope stays. */
  shift(ms: number): void {
    for (const bucket of this.#buckets) bucket.latenessMs += ms;
    if (this.#open !== undefined) this.#open.latenessMs += ms;
    if (this.#level !== undefined) this.#level = { atMs: this.#level.atMs, latenessMs: this.#level.latenessMs + ms };
  }

  #close(bucket: Bucket): void {
    this.#buckets.push(bucket);
    if (this.#buckets.length > MAX_BUCKETS) this.#buckets.shift();
    this.#followStepDown();
    this.#unfitted += 1;
    const fitDue = this.#unfitted >= this.#buckets.length * REFIT_PART;
    if (fitDue && this.#buckets.length >= MIN_FIT_BUCKETS) this.#fit();
    const residuals: number[] = [];
    for (let i = Math.max(0, this.#buckets.length - LEVEL_BUCKETS); i < this.#buckets.length; i++) {
      const { atMs, latenessMs } = this.#buckets[i] as Bucket;
      residuals.push(latenessMs - this.#slope * (atMs - bucket.atMs));
    }
    const latenessMs = median(residuals);
    this.#level = { atMs: bucket.atMs, latenessMs };
    this.#noiseMs = 1.48 * median(residuals.map((value) => Math.abs(value - latenessMs)));
  }

  /** Frames that come too early for several seconds: what is older is moved down, or it would bend the slope. */
  #followStepDown(): void {
    const level = this.#level;
    const newest = this.#buckets.at(-1);
    if (level === undefined || newest === undefined || this.#buckets.length <= STEP_BUCKETS) return;
    if (newest.latenessMs - this.expected(newest.atMs) > -STEP_MS) return;
    const below = this.#buckets
      .slice(-STEP_BUCKETS)
      .map(({ atMs, latenessMs }) => latenessMs - level.latenessMs - this.#slope * (atMs - level.atMs));
    if (Math.max(...below) > -STEP_MS) return;
    const step = median(below);
    for (const bucket of this.#buckets.slice(0, -STEP_BUCKETS)) bucket.latenessMs += step;
  }

  #fit(): void {
    this.#unfitted = 0;
    let slope = this.#slope;
    const passes = this.#buckets.length < KNOWN_SLOPE_BUCKETS ? 3 : 1;
    for (let pass = 0; pass < passes; pass++) {
      const next = slopeWithoutOutliers(this.#buckets, slope);
      if (next === undefined) return;
      slope = next;
    }
    this.#slope = Math.max(-MAX_DRIFT, Math.min(MAX_DRIFT, slope));
  }
}

/** From here on the slope of the last fit is good enough to tell outliers by. */
const KNOWN_SLOPE_BUCKETS = 120;
/** A smaller step down is within what the level follows by itself. */
const STEP_MS = 3;
/** Points closer than this to the line are never outliers. */
const MIN_OUTLIER_MS = 0.2;

function slopeWithoutOutliers(points: readonly Bucket[], slope: number): number | undefined {
  const last = points[points.length - 1] as Bucket;
  const residuals = points.map(({ atMs, latenessMs }) => latenessMs - slope * (atMs - last.atMs));
  const middle = median(residuals);
  const limit = Math.max(MIN_OUTLIER_MS, 4 * median(residuals.map((value) => Math.abs(value - middle))));
  let count = 0;
  let sumT = 0;
  let sumL = 0;
  let sumTT = 0;
  let sumTL = 0;
  for (let i = 0; i < points.length; i++) {
    if (Math.abs((residuals[i] as number) - middle) > limit) continue;
    const { atMs, latenessMs } = points[i] as Bucket;
    const t = atMs - last.atMs;
    count += 1;
    sumT += t;
    sumL += latenessMs;
    sumTT += t * t;
    sumTL += t * latenessMs;
  }
  const spread = count * sumTT - sumT * sumT;
  return count >= MIN_FIT_BUCKETS / 2 && spread > 0 ? (count * sumTL - sumT * sumL) / spread : undefined;
}

function median(values: readonly number[]): number {
  if (values.length === 0) return 0;
  const sorted = Float64Array.from(values);
  if (sorted.length <= LEVEL_BUCKETS) sortFew(sorted);
  else sorted.sort();
  const middle = sorted.length >> 1;
  const upper = sorted[middle] as number;
  return sorted.length % 2 === 1 ? upper : (upper + (sorted[middle - 1] as number)) / 2;
}

/** The built-in sort takes ten times as long for a handful, and this runs every second. */
function sortFew(values: Float64Array): void {
  for (let i = 1; i < values.length; i++) {
    const value = values[i] as number;
    let at = i;
    for (; at > 0 && (values[at - 1] as number) > value; at--) values[at] = values[at - 1] as number;
    values[at] = value;
  }
}
