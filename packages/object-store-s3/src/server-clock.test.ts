import { expect, it } from 'vitest';
import { ServerClock } from './server-clock.ts';

const UTC = Date.UTC(2026, 10, 20, 20);

/** The `Date` of an answer of a server whose clock is `aheadMs` ahead, given at `atMs` after {@link UTC}. */
function dateAt(atMs: number, aheadMs: number): number {
  return Math.floor((UTC + atMs + aheadMs) / 1000) * 1000;
}

function observe(clock: ServerClock, sentMs: number, aheadMs: number): void {
  clock.observe({ dateMs: dateAt(sentMs + 20, aheadMs), sentMs, receivedMs: sentMs + 40 });
}

it.each([0, 400, -400, 2500, -3_600_000])('tells %i ms to 100 ms, from dates of whole seconds', (aheadMs) => {
  const clock = new ServerClock();
  expect(clock.offset(UTC, 0)).toBeUndefined();
  for (let n = 0; n < 40; n++) observe(clock, n * 730, aheadMs);
  const { offsetMs, errorMs } = clock.offset(UTC + 30_000, 30_000) ?? { offsetMs: Number.NaN, errorMs: 0 };
  expect(Math.abs(offsetMs - aheadMs)).toBeLessThanOrEqual(errorMs);
  expect(errorMs).toBeLessThan(100);
});

it('never claims more than the dates allow', () => {
  const clock = new ServerClock();
  for (let n = 0; n < 200; n++) {
    observe(clock, n * 10_000, 250);
    const { offsetMs, errorMs } = clock.offset(UTC + n * 10_000, n * 10_000) ?? { offsetMs: 0, errorMs: 0 };
    expect(Math.abs(offsetMs - 250)).toBeLessThanOrEqual(errorMs);
  }
});

it('sees at once that our own clock was set, and keeps what it knew of the server', () => {
  const clock = new ServerClock();
  for (let n = 0; n < 40; n++) observe(clock, n * 730, 0);
  const { offsetMs } = clock.offset(UTC + 30_000 + 3_600_000, 30_000) ?? { offsetMs: 0 };
  expect(Math.round(offsetMs / 1000)).toBe(-3600);
});

it("follows the server's clock when that is set", () => {
  const clock = new ServerClock();
  for (let n = 0; n < 40; n++) observe(clock, n * 730, 0);
  observe(clock, 30_000, 90_000);
  const { offsetMs } = clock.offset(UTC + 30_000, 30_000) ?? { offsetMs: 0 };
  expect(Math.round(offsetMs / 1000)).toBe(90);
});

it('ignores an answer without a date', () => {
  const clock = new ServerClock();
  clock.observe({ dateMs: Number.NaN, sentMs: 0, receivedMs: 1 });
  expect(clock.offset(UTC, 0)).toBeUndefined();
});
