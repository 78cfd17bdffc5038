import { expect, it } from 'vitest';
import { soakPlot } from './plot.ts';
import { cpuSeconds, metric, openFiles, rssMb, type SoakSample } from './sample.ts';
import { slopeOf } from './slope.ts';

const still: SoakSample = {
  seconds: 0,
  stationRssMb: 200,
  stationFds: 40,
  stationCpuPercent: 5,
  browserRssMb: 900,
  siteRssMb: 90,
  xruns: 0,
  gaps: 0,
  lostSeconds: 0,
  segmentsPublished: 0,
  segmentsDropped: 0,
  publishFailures: 0,
  underruns: 0,
  latencySeconds: 12,
  state: 'playing',
  verifiedSegments: 0,
  verificationsFailed: 0,
};
const at = (seconds: number, changed: Partial<SoakSample> = {}): SoakSample => ({ ...still, seconds, ...changed });

it('finds a leak of 36 MB an hour, and none in what only warms up', () => {
  const leaking = Array.from({ length: 61 }, (_, i) => at(i * 10, { stationRssMb: 200 + i * 0.1 }));
  expect(slopeOf(leaking, 'stationRssMb').perHour).toBeCloseTo(36, 6);
  const warming = Array.from({ length: 61 }, (_, i) => at(i * 10, { stationRssMb: Math.min(200, 100 + i * 10) }));
  expect(slopeOf(warming, 'stationRssMb').perHour).toBe(0);
});

it('refuses to make a line of one point', () => {
  expect(() => slopeOf([still], 'stationFds')).toThrow('too few samples');
});

it('reads a process and a page of metrics', () => {
  expect(rssMb(process.pid)).toBeGreaterThan(10);
  expect(openFiles(process.pid)).toBeGreaterThan(2);
  expect(cpuSeconds(process.pid)).toBeGreaterThan(0);
  expect(rssMb(2 ** 22 + 1)).toBe(0);
  const text = '# TYPE a counter\na 3\nb{x="1"} 2\nb{x="2"} 5\nab 100\n';
  expect([metric(text, 'a'), metric(text, 'b'), metric(text, 'c')]).toEqual([3, 7, 0]);
});

it('draws a panel for each measure, with its slope in words', () => {
  const plot = soakPlot([at(0), at(30), at(60, { xruns: 2 })], 'a soak');
  expect(plot).toContain('station, memory: 0 MB an hour');
  expect(plot).toMatch(/overruns of the sound card: \+[\d.]+ an hour/);
  expect(plot.match(/<polyline/g)).toHaveLength(6);
});
