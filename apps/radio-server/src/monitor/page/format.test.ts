import { expect, test } from 'vitest';
import { bytesText, decibelText, durationText, kilobytesText } from './format.ts';

test.each([
  [0, '0 B'],
  [999, '999 B'],
  [1_536, '2 kB'],
  [2_880_000, '2.9 MB'],
  [1_500_000_000, '1.50 GB'],
])('%i bytes are %s', (bytes, text) => {
  expect(bytesText(bytes)).toBe(text);
});

test('a column of kilobytes has thousands and no zeros', () => {
  expect([1_900_400, 0].map(kilobytesText)).toEqual(['1,900', '–']);
});

test.each([
  [9, '0m 09s'],
  [605, '10m 05s'],
  [3_600, '1h 00m 00s'],
  [90_061, '1d 1h 01m 01s'],
])('%i seconds are %s', (seconds, text) => {
  expect(durationText(seconds)).toBe(text);
});

test('levels have one decimal, and digital silence has none', () => {
  expect([-18.26, 0, -150].map(decibelText)).toEqual(['−18.3', '0.0', '−∞']);
});
