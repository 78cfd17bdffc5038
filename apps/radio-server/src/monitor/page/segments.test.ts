import { expect, test } from 'vitest';
import type { SegmentStatus } from '../../status.ts';
import { mergeSegment } from './segments.ts';

const segment = (index: number, state: SegmentStatus['state'] = 'live'): SegmentStatus => ({
  index,
  state,
  utcMs: 0,
  hqBytes: 1,
  lqBytes: 1,
  publishMs: null,
});

test('a new segment comes last, a known one is replaced, the oldest leave', () => {
  const twenty = Array.from({ length: 20 }, (_, index) => segment(index + 5));
  const merged = mergeSegment(mergeSegment(twenty, segment(25, 'queued')), segment(24, 'dropped'));
  expect(merged.map(({ index }) => index)).toEqual(Array.from({ length: 20 }, (_, index) => index + 6));
  expect(merged.slice(-2).map(({ state }) => state)).toEqual(['dropped', 'queued']);
});
