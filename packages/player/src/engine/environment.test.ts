import { afterEach, expect, it, vi } from 'vitest';
import { VirtualClock } from '../../test/virtual-clock.ts';
import type { Clock } from './core/clock.ts';
import { claimAudioSession, savesData, watchForWake } from './environment.ts';

afterEach(() => vi.unstubAllGlobals());

/** A virtual clock of a machine that may sleep: time goes on, timers do not. */
class SleepyClock implements Clock {
  readonly timers: VirtualClock = new VirtualClock();
  asleepMs = 0;

  now(): number {
    return this.timers.now() + this.asleepMs;
  }

  sleep(ms: number, signal: AbortSignal): Promise<void> {
    return this.timers.sleep(ms, signal);
  }
}

function watching() {
  const clock = new SleepyClock();
  const session = new AbortController();
  let wakes = 0;
  watchForWake(clock, () => wakes++, session.signal);
  return { clock, session, wakes: () => wakes };
}

it('a machine that slept, or whose clock was set, is noticed within two seconds, once', async () => {
  for (const jumpMs of [60_000, -60_000, 8 * 3_600_000]) {
    const { clock, wakes, session } = watching();
    await clock.timers.advance(60_000);
    expect(wakes()).toBe(0);
    clock.asleepMs += jumpMs;
    await clock.timers.advance(2000);
    expect(wakes()).toBe(1);
    await clock.timers.advance(60_000);
    expect(wakes()).toBe(1);
    session.abort();
  }
});

it('a timer that was late, as in a tab behind others, is no sleep', async () => {
  const { clock, wakes, session } = watching();
  clock.asleepMs += 2500;
  await clock.timers.advance(10_000);
  expect(wakes()).toBe(0);
  session.abort();
});

it('nothing is watched once the session has ended', async () => {
  const { clock, wakes, session } = watching();
  session.abort();
  clock.asleepMs += 60_000;
  await clock.timers.advance(10_000);
  expect(wakes()).toBe(0);
});

it('events of the page wake, until the session ends', () => {
  const page = new EventTarget();
  const document = Object.assign(new EventTarget(), { visibilityState: 'hidden' });
  vi.stubGlobal('document', document);
  vi.stubGlobal('addEventListener', page.addEventListener.bind(page));
  const { wakes, session } = watching();
  page.dispatchEvent(new Event('online'));
  expect(wakes()).toBe(1);
  document.dispatchEvent(new Event('visibilitychange'));
  expect(wakes()).toBe(1);
  document.visibilityState = 'visible';
  document.dispatchEvent(new Event('visibilitychange'));
  page.dispatchEvent(new Event('pageshow'));
  expect(wakes()).toBe(3);
  session.abort();
  page.dispatchEvent(new Event('online'));
  expect(wakes()).toBe(3);
});

it('the audio session becomes one of playback where there is one', () => {
  const audioSession = { type: 'auto' };
  vi.stubGlobal('navigator', { audioSession, connection: { saveData: true } });
  claimAudioSession();
  expect(audioSession.type).toBe('playback');
  expect(savesData()).toBe(true);
  vi.stubGlobal('navigator', {});
  expect(() => claimAudioSession()).not.toThrow();
  expect(savesData()).toBe(false);
});
