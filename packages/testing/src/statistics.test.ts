import { expect, it } from 'vitest';
import { median, slope } from './statistics.ts';

it('finds the middle of any number of values, in any order', () => {
  expect(median([30, 1, 2])).toBe(2);
  expect(median([4, 1, 3, 2])).toBe(2.5);
  expect(median([])).toBeNaN();
});

it('finds the rise of a line, with noise that is even on both sides', () => {
  expect(
    slope([
      [0, 5],
      [1, 8],
      [2, 11],
    ]),
  ).toBeCloseTo(3, 12);
  expect(
    slope([
      [0, 1],
      [0, -1],
      [10, 1],
      [10, -1],
    ]),
  ).toBe(0);
  expect(() => slope([[1, 1]])).toThrow('a line needs two points, not 1');
});
