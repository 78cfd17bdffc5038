import { expect, test } from 'vitest';
import { PeakHold } from './peak-hold.ts';

test('a peak stands for 1.5 s, falls at 12 dB/s, and gives way to a higher one', () => {
  const hold = new PeakHold();
  expect(hold.update(-6, 0)).toBe(-6);
  expect(hold.update(-40, 1500)).toBe(-6);
  expect(hold.update(-40, 2500)).toBe(-18);
  expect(hold.update(-12, 2600)).toBe(-12);
  expect(hold.update(-150, 4000)).toBe(-12);
});

test('silence after silence stays silence', () => {
  const hold = new PeakHold();
  expect(hold.update(-150, 0)).toBe(-150);
  expect(hold.update(-150, 60_000)).toBe(-150);
});
