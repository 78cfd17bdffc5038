/** Time, passed in so that tests run on a virtual clock. */
export interface Clock {
  /** UTC milliseconds. */
  now(): number;
  /** Resolves after `ms`; rejects with the signal's reason when it is aborted first. */
  sleep(ms: number, signal: AbortSignal): Promise<void>;
}

/** The machine's clock and timers. */
export const systemClock: Clock = {
  now: () => Date.now(),
  sleep: (ms, signal) =>
    new Promise((resolve, reject) => {
      const abort = (): void => {
        clearTimeout(timer);
        reject(signal.reason as Error);
      };
      const timer = setTimeout(() => {
        signal.removeEventListener('abort', abort);
        resolve();
      }, ms);
      if (signal.aborted) abort();
      else signal.addEventListener('abort', abort, { once: true });
    }),
};

/**
 * Aborted with any of `signals`, until `over` is aborted. Then nothing of it stays on them: `AbortSignal.any` leaves
 * something on a signal that lives for days with each request.
 */
export function following(over: AbortSignal, ...signals: readonly AbortSignal[]): AbortController {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  for (const signal of signals) {
    if (signal.aborted) abort();
    else signal.addEventListener('abort', abort, { signal: over });
  }
  return controller;
}
