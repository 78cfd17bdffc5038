/**
 * A signal for one request that does not stay registered with the long-lived ones once the request is over, as one of
 * `AbortSignal.any` does until it is collected.
 */
export function linkSignals(
  first: AbortSignal,
  second: AbortSignal | undefined,
): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  first.addEventListener('abort', abort, { once: true });
  second?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    release() {
      first.removeEventListener('abort', abort);
      second?.removeEventListener('abort', abort);
    },
  };
}
