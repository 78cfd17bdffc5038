import type { Clock } from './core/clock.ts';

/** A wait that took this much longer than it should have means that the machine was asleep, or the clock was set. */
const JUMP_MS = 3000;
const LOOK_EVERY_MS = 2000;

/**
 * Calls `wake` when the network is back, when the page is looked at again, and after the machine was asleep. Ends with
 * `signal`.
 */
export function watchForWake(clock: Clock, wake: () => void, signal: AbortSignal): void {
  if (typeof document !== 'undefined') {
    for (const type of ['online', 'pageshow']) addEventListener(type, wake, { signal });
    const onVisible = (): void => {
      if (document.visibilityState === 'visible') wake();
    };
    document.addEventListener('visibilitychange', onVisible, { signal });
  }
  watchClock(clock, wake, signal).catch(() => undefined);
}

async function watchClock(clock: Clock, wake: () => void, signal: AbortSignal): Promise<never> {
  for (;;) {
    const before = clock.now();
    await clock.sleep(LOOK_EVERY_MS, signal);
    if (Math.abs(clock.now() - before - LOOK_EVERY_MS) > JUMP_MS) wake();
  }
}

/** Whether the listener asked the browser to save data. */
export function savesData(): boolean {
  if (typeof navigator === 'undefined') return false;
  return (navigator as { connection?: { saveData?: boolean } }).connection?.saveData === true;
}

/** Tells Safari that this is what the listener came for: it then plays on in the background and with the switch on silent. */
export function claimAudioSession(): void {
  const session = (navigator as { audioSession?: { type: string } }).audioSession;
  if (session !== undefined) session.type = 'playback';
}
