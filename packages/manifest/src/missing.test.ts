import { expect, it } from 'vitest';
import { isMissing, missingRuns } from './missing.ts';

it('writes missing segments as runs and reads them back', () => {
  const missing = [...missingRuns('hq', [3, 4, 5, 9]), ...missingRuns('lq', [4])];
  expect(missing).toEqual([
    { rendition: 'hq', index: 3, count: 3 },
    { rendition: 'hq', index: 9 },
    { rendition: 'lq', index: 4 },
  ]);
  const hq = [2, 3, 4, 5, 6, 8, 9, 10].filter((index) => isMissing({ missing }, 'hq', index));
  expect(hq).toEqual([3, 4, 5, 9]);
  expect(isMissing({ missing }, 'lq', 3)).toBe(false);
});
