import { expect, it } from 'vitest';
import { Timeline } from './timeline.ts';

it('counts at 48,000 frames a second from a single label, in both directions', () => {
  const timeline = new Timeline([{ frame: 0, utcMs: 1000 }]);
  expect(timeline.utcMsAt(48_000)).toBe(2000);
  expect(timeline.utcMsAt(-48_000)).toBe(0);
  expect(timeline.frameAt(1000.5)).toBe(24);
  expect(timeline.frameAt(0)).toBe(-48_000);
});

it('lies on the line between labels, as a sound card with a slow clock makes them', () => {
  // 100 ppm slow: a minute of frames takes 6 ms more.
  const minutes = [0, 1, 2, 3].map((n) => ({ frame: n * 2_880_000, utcMs: n * 60_006 }));
  const timeline = new Timeline(minutes);
  expect(timeline.utcMsAt(1_440_000)).toBe(30_003);
  expect(timeline.frameAt(90_009)).toBe(4_320_000);
  expect(timeline.frameAt(3 * 60_006 + 10)).toBe(3 * 2_880_000 + 480);
});

it('gives every frame of a drifting hour back for its label', () => {
  const timeline = new Timeline(
    Array.from({ length: 61 }, (_, n) => ({ frame: n * 2_880_000, utcMs: 1e12 + n * 59_990.123 })),
  );
  for (let frame = 0; frame < 172_800_000; frame += 1_234_567) {
    expect(timeline.frameAt(timeline.utcMsAt(frame))).toBe(frame);
  }
});

it('leaves out labels that go back, in whichever order they come', () => {
  const timeline = new Timeline([
    { frame: 96_000, utcMs: 2000 },
    { frame: 48_000, utcMs: 5000 },
    { frame: 0, utcMs: 0 },
  ]);
  expect(timeline.frameAt(2500)).toBe(24_000);
  expect(() => new Timeline([])).toThrow('at least one');
});
