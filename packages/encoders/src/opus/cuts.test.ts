import { describe, expect, it } from 'vitest';
import { packetCoding } from './cuts.ts';

describe('packets around a cut', () => {
  it.each([48_000, 480_000])('are coded to be joined, in segments of %d frames', (frames) => {
    const packets = frames / 960;
    const all = Array.from({ length: 2 * packets }, (_, k) => k);
    const of = (property: 'predictionFree' | 'longBlocks'): number[] =>
      all.filter((k) => packetCoding(k * 960, frames)[property]).map((k) => (k < packets ? k : k - 2 * packets));
    expect(of('predictionFree')).toEqual([0, packets - 3, packets - 2, packets - 1, -packets, -3, -2, -1]);
    expect(of('longBlocks')).toEqual([packets - 3, packets - 2, -3, -2]);
  });

  it('are counted from the start of the station, not of the run', () => {
    const run = 123_456 * 48_000;
    expect(packetCoding(run, 48_000).predictionFree).toBe(true);
    expect(packetCoding(run + 960, 48_000).predictionFree).toBe(false);
  });
});
