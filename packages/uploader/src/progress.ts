import type { UploadProgress } from './types.ts';

/** The rate is that of the last seconds. */
const WINDOW_MS = 5_000;

/** Counts bytes on their way and confirmed, and tells who listens. */
export interface ProgressTracker {
  readonly current: UploadProgress;
  setTotal(total: number | undefined): void;
  /** Bytes of a part that are on their way; replaces the last count of that lane. */
  setInFlight(lane: number, bytes: number): void;
  /** Bytes that need not be sent any more. */
  confirm(lane: number, bytes: number, options?: { readonly sent?: boolean; readonly part?: boolean }): void;
  setPaused(paused: boolean): void;
  /** Nothing changes any more. */
  end(): void;
  listen(listener: (progress: UploadProgress) => void): () => void;
  iterate(): AsyncGenerator<UploadProgress>;
}

export function createProgressTracker(now: () => number): ProgressTracker {
  const inFlight = new Map<number, number>();
  const listeners = new Set<(progress: UploadProgress) => void>();
  let samples: { atMs: number; bytes: number }[] = [{ atMs: now(), bytes: 0 }];
  let confirmed = 0;
  let parts = 0;
  let total: number | undefined;
  let paused = false;
  let ended = false;
  /** Whom to wake, if anybody waits. */
  let changed: PromiseWithResolvers<void> | undefined;

  const countBytes = (): number => {
    let bytes = confirmed;
    for (const each of inFlight.values()) bytes += each;
    return bytes;
  };
  const snapshot = (): UploadProgress => {
    const bytes = countBytes();
    const [first = { atMs: now(), bytes }] = samples;
    const seconds = (now() - first.atMs) / 1000;
    const rate = seconds > 0 ? Math.max(0, (bytes - first.bytes) / seconds) : 0;
    const eta = total === undefined || rate === 0 ? undefined : Math.max(0, total - bytes) / rate;
    return { bytes, total, parts, rate, eta, paused };
  };
  const publish = (): void => {
    const atMs = now();
    const last = samples.at(-1);
    if (last === undefined || atMs - last.atMs >= 200) samples.push({ atMs, bytes: countBytes() });
    while (samples.length > 1 && (samples[1]?.atMs ?? atMs) < atMs - WINDOW_MS) samples.shift();
    if (listeners.size > 0) {
      const progress = snapshot();
      for (const listener of listeners) listener(progress);
    }
    changed?.resolve();
    changed = undefined;
  };

  return {
    get current() {
      return snapshot();
    },
    setTotal(value) {
      total = value;
      publish();
    },
    setInFlight(lane, bytes) {
      inFlight.set(lane, bytes);
      publish();
    },
    confirm(lane, bytes, { sent = true, part = true } = {}) {
      inFlight.delete(lane);
      confirmed += bytes;
      if (part) parts++;
      // What an earlier process sent says nothing about the rate of this one.
      if (!sent) samples = [{ atMs: now(), bytes: confirmed }];
      publish();
    },
    setPaused(value) {
      paused = value;
      samples = [{ atMs: now(), bytes: snapshot().bytes }];
      publish();
    },
    end() {
      ended = true;
      publish();
      listeners.clear();
    },
    listen(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    /** Whoever is slow misses states, never the last one. */
    async *iterate() {
      for (;;) {
        changed ??= Promise.withResolvers<void>();
        const next = changed.promise;
        const isLast = ended;
        yield snapshot();
        if (isLast) return;
        await next;
      }
    },
  };
}
