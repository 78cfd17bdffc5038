import { expect, it } from 'vitest';
import { estimateCost } from './estimate.ts';
import { R2_PRICES } from './prices.ts';

const cached = { listeners: 5000, edgeCached: true };

it.each([
  [10, 1.33],
  [4, 10.08],
  [2, 24.66],
  [1, 53.82],
])('at %i s the writes of a month cost $%f', (segmentSeconds, dollars) => {
  expect(estimateCost({ segmentSeconds, ...cached }, R2_PRICES).dollars.writes).toBeCloseTo(dollars, 2);
});

it('does not grow with listeners behind a cache', () => {
  const one = estimateCost({ segmentSeconds: 2, listeners: 1, edgeCached: true }, R2_PRICES);
  const many = estimateCost({ segmentSeconds: 2, listeners: 100_000, edgeCached: true }, R2_PRICES);
  expect(many).toEqual(one);
});

it('grows with listeners who read the bucket itself', () => {
  const { dollars } = estimateCost({ segmentSeconds: 2, listeners: 5000, edgeCached: false }, R2_PRICES);
  expect(dollars.reads).toBeCloseTo((12_960 - 10) * 0.36, 6);
});
