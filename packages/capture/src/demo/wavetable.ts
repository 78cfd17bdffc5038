/** Samples of one cycle, a power of two; one more follows so that interpolation needs no wrap. */
export const TABLE_SIZE = 2048;
export const TABLE_MASK: number = TABLE_SIZE - 1;

/** One cycle of a sum of sines, scaled to a peak of 1. No constant part: every table is free of DC. */
export function wavetable(harmonics: readonly number[]): Float64Array {
  const table = new Float64Array(TABLE_SIZE + 1);
  harmonics.forEach((amplitude, index) => {
    const step = (2 * Math.PI * (index + 1)) / TABLE_SIZE;
    for (let i = 0; i < TABLE_SIZE; i++) table[i] = (table[i] as number) + amplitude * Math.sin(step * i);
  });
  const peak = table.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  for (let i = 0; i < TABLE_SIZE; i++) table[i] = (table[i] as number) / peak;
  table[TABLE_SIZE] = table[0] as number;
  return table;
}

/** 0 → 0, 1 → 1, level at both ends: a fade without a corner. */
export function smooth(x: number): number {
  const t = Math.min(Math.max(x, 0), 1);
  return t * t * (3 - 2 * t);
}
