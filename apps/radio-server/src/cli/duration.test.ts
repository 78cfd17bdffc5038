import { expect, it } from 'vitest';
import { parseDuration } from './duration.ts';

const WEEK = { max: 604_800 };

it('reads seconds, minutes, hours and days', () => {
  const durations = ['1s', '90s', '10m', '24h', '7d'].map((text) => parseDuration('--expires', text, WEEK));
  expect(durations).toEqual([1, 90, 600, 86_400, 604_800]);
});

it('refuses what is too short, too long, or no time', () => {
  for (const text of ['0s', '604801s', '8d', '1', 'soon', '-1s', '1.5h', '', '1 d', '99999999999d']) {
    expect(() => parseDuration('--expires', text, WEEK)).toThrow(`--expires is "${text}": use a time from 1s to 7d`);
  }
});
