import { expect, it } from 'vitest';
import { NotesQueue } from './notes-queue.ts';

const cue = (frame: number) => ({ type: 'cue' as const, frame, title: `at ${frame}` });
const gap = (frame: number, frames: number) => ({ type: 'gap' as const, frame, frames, reason: 'xrun' as const });

it('gives each note once, with the frames it is about', () => {
  const queue = new NotesQueue();
  queue.begin(0);
  for (const frame of [10, 100, 200]) queue.add(cue(frame));
  expect(queue.take(101)).toEqual([cue(10), cue(100)]);
  expect(queue.take(101)).toEqual([]);
  expect(queue.take(201)).toEqual([cue(200)]);
});

it('takes a note about frames that are written already', () => {
  const queue = new NotesQueue();
  queue.begin(0);
  expect(queue.take(1000)).toEqual([]);
  queue.add(gap(100, 50));
  expect(queue.take(2000)).toEqual([gap(100, 50)]);
});

it('tells the next recording of a gap that reaches into it', () => {
  const queue = new NotesQueue();
  queue.begin(0);
  queue.add(gap(900, 300));
  queue.add(gap(950, 50));
  expect(queue.take(1000)).toEqual([gap(900, 300), gap(950, 50)]);
  queue.begin(1000);
  expect(queue.take(1500)).toEqual([gap(900, 300)]);
  queue.begin(1500);
  expect(queue.take(2000)).toEqual([]);
});

it('forgets what was said while nothing was recorded, and does not grow', () => {
  const queue = new NotesQueue();
  for (let n = 0; n < 5000; n++) queue.add(cue(n));
  queue.begin(4900);
  expect(queue.take(10_000)).toHaveLength(100);
  for (let n = 0; n < 5000; n++) queue.add(cue(n));
  expect(queue.take(10_000)).toHaveLength(1000);
});
