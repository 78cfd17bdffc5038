import type { Manifest } from '@bucket-radio/manifest';
import { SAMPLE_RATE } from '@bucket-radio/pcm';

/** How close to the live edge to play: `low` is nearest, `stable` survives the longest disturbance. */
export type LatencyMode = 'low' | 'balanced' | 'stable';

/**
 * What a listener keeps in hand beyond the moment at which the next segment should be readable: time to fetch and
 * decode it, and the jitter of both. `balanced`: 0.6 s at 1 s segments, 1.5 s at 10 s (where a segment is megabytes).
 */
export function safetyMs(segmentSeconds: number, mode: LatencyMode = 'balanced'): number {
  if (mode === 'low') return 300 + 50 * segmentSeconds;
  return 500 + 100 * segmentSeconds + (mode === 'stable' ? Math.max(2000, segmentSeconds * 1000) : 0);
}

/**
 * How far more than {@link safetyMs} may be in hand before it is worth a jump. Clocks drift 4 to 14 s a day apart, so
 * 4 s are a jump or three a day; who listens to short segments wants to be near, and jumps more often.
 */
export function bandMs(segmentSeconds: number, mode?: LatencyMode): number {
  if (mode === 'low') return 1000;
  return Math.min(4000, 1000 + 500 * segmentSeconds) * (mode === 'stable' ? 2 : 1);
}

/** Frames of a segment. */
export function framesPerSegment(manifest: Manifest): number {
  return manifest.segmentSeconds * manifest.sampleRate;
}

/**
 * Milliseconds until `latest + 1` is readable; negative when it is overdue. `undefined` when the two clocks make no
 * sense together (skewed by more than a segment or so): then nothing can be predicted.
 */
export function untilNextMs(manifest: Manifest, serverNow: number): number | undefined {
  const segmentMs = manifest.segmentSeconds * 1000;
  const until = manifest.nextEta - serverNow;
  const plausible = until <= 1.5 * segmentMs + 1000 && until >= -segmentMs - 1000;
  return plausible ? until : undefined;
}

/** A station that says "live" but is silent for this many segments, and at least this long, has lost its box. */
const STALE_SEGMENTS = 3;
const STALE_MIN_MS = 15_000;

/** Whether new segments are to be expected. Without knowledge of the origin's clock, the manifest is believed. */
export function isOnAir(manifest: Manifest, server: { readonly known: boolean; now(): number }): boolean {
  if (!manifest.live || !server.known) return manifest.live;
  const overdueMs = server.now() - manifest.nextEta;
  return overdueMs <= Math.max(STALE_MIN_MS, STALE_SEGMENTS * manifest.segmentSeconds * 1000);
}

/**
 * How much sound a listener needs in hand now to hear no gap before the next segment, in milliseconds.
 * @param untilMs when `latest + 1` is readable, from now; a whole segment is assumed where that is unknown
 */
export function neededMs(manifest: Manifest, untilMs: number | undefined, mode?: LatencyMode): number {
  return Math.max(0, untilMs ?? manifest.segmentSeconds * 1000) + safetyMs(manifest.segmentSeconds, mode);
}

/** Where to start: as close to the live edge as {@link neededMs} allows, and never outside the window. */
export function joinFrame(manifest: Manifest, untilMs: number | undefined, mode?: LatencyMode): number {
  const frames = framesPerSegment(manifest);
  const edge = (manifest.latest + 1) * frames;
  const target = edge - Math.ceil((neededMs(manifest, untilMs, mode) * manifest.sampleRate) / 1000);
  return Math.min(Math.max(target, manifest.first * frames), edge - 1);
}

/**
 * How long silence has to go on before sound may start at `frame`, in milliseconds. Starting at once with less in hand
 * than needed (a station's first segment, a late one after an underrun) would be followed by one gap per segment.
 */
export function holdMs(manifest: Manifest, frame: number, untilMs: number | undefined, mode?: LatencyMode): number {
  const inHandMs = (((manifest.latest + 1) * framesPerSegment(manifest) - frame) * 1000) / manifest.sampleRate;
  return manifest.live ? Math.max(0, neededMs(manifest, untilMs, mode) - inHandMs) : 0;
}

/** UTC label of a frame, in milliseconds: counted from `latest`, corrected for the breaks in between. */
export function utcOfFrame(manifest: Manifest, frame: number): number {
  const latestFrame = manifest.latest * framesPerSegment(manifest);
  let utc = manifest.latestStart - ((latestFrame - frame) * 1000) / SAMPLE_RATE;
  for (const { frame: at, lostMs } of manifest.breaks) {
    if (at > frame && at <= latestFrame) utc -= lostMs;
  }
  return utc;
}
