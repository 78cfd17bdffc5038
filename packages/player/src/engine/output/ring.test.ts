import { expect, it } from 'vitest';
import { type ChunkMessage, FADE_FRAMES, START_FRAMES } from './protocol.ts';
import { PcmRing } from './ring.ts';

/** A chunk whose samples are 1 + their station frame (left) and the negative of it (right). */
function chunk(frame: number, frames: number, stream: number = 1): ChunkMessage {
  const left = Float32Array.from({ length: frames }, (_, i) => frame + i + 1);
  return { type: 'chunk', stream, frame, left, right: left.map((value) => -value) };
}

function render(ring: PcmRing, frames: number): Float32Array {
  const left = new Float32Array(frames);
  const right = new Float32Array(frames);
  ring.render(left, right);
  expect(right.every((value, i) => value === -(left[i] as number) || (value === 0 && left[i] === 0))).toBe(true);
  return left;
}

it('is silent until enough is waiting', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, START_FRAMES - 1));
  expect(render(ring, 128).every((value) => value === 0)).toBe(true);
  ring.push(chunk(START_FRAMES - 1, 1));
  expect(ring.state).toBe('playing');
});

it('fades in over 240 frames and then passes every sample unchanged, across chunks of any size', () => {
  const ring = new PcmRing();
  for (const [frame, frames] of [
    [1000, 9600],
    [10_600, 1],
    [10_601, 777],
    [11_378, 5000],
  ] as const) {
    ring.push(chunk(frame, frames));
  }
  const out = new Float32Array(15_360);
  for (let i = 0; i < out.length; i += 128) out.set(render(ring, 128), i);
  expect(out[0]).toBe(0);
  expect(out[FADE_FRAMES - 1]).toBeCloseTo((1000 + FADE_FRAMES) * (1 - 1 / FADE_FRAMES), 0);
  for (let i = FADE_FRAMES; i < out.length; i++) expect(out[i]).toBe(1001 + i);
  expect(ring.frame).toBe(1000 + 15_360);
  expect(ring.underruns).toBe(0);
  expect(ring.bufferedFrames + ring.consumedFrames).toBe(9600 + 1 + 777 + 5000);
});

it('plays the last sample exactly, lets it decay, and counts one underrun', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, START_FRAMES));
  const out = render(ring, START_FRAMES + 1000);
  expect(out[START_FRAMES - 1]).toBe(START_FRAMES);
  expect(out[START_FRAMES]).toBe(START_FRAMES);
  expect(out[START_FRAMES + FADE_FRAMES / 2]).toBe(START_FRAMES / 2);
  expect(out.subarray(START_FRAMES + FADE_FRAMES).every((value) => value === 0)).toBe(true);
  expect([ring.state, ring.underruns]).toEqual(['starved', 1]);
  render(ring, 128);
  expect(ring.underruns).toBe(1);
});

it('starts again with a fade after an underrun', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, START_FRAMES));
  render(ring, START_FRAMES + FADE_FRAMES);
  ring.push(chunk(START_FRAMES, START_FRAMES));
  const out = render(ring, 1000);
  expect(out[0]).toBe(0);
  expect(out[FADE_FRAMES]).toBe(START_FRAMES + FADE_FRAMES + 1);
});

it('follows a jump of the timeline without a click: the old sample decays while the new sound fades in', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, START_FRAMES));
  ring.push(chunk(500_000, START_FRAMES, 2));
  render(ring, START_FRAMES);
  expect([ring.stream, ring.frame]).toEqual([2, 500_000]);
  const out = render(ring, 1000);
  expect(out[0]).toBe(START_FRAMES);
  expect(out[FADE_FRAMES]).toBe(500_000 + FADE_FRAMES + 1);
  expect(ring.underruns).toBe(0);
});

it('fades to a chunk with a lead over what waits before it, and passes every other sample unchanged', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, START_FRAMES));
  const other = { ...chunk(START_FRAMES, START_FRAMES), lead: chunk(START_FRAMES - FADE_FRAMES, FADE_FRAMES) };
  for (const channel of [other.lead.left, other.lead.right]) channel.fill(0);
  ring.push(other);
  const out = render(ring, 2 * START_FRAMES);
  const from = START_FRAMES - FADE_FRAMES;
  for (let i = FADE_FRAMES; i < from; i++) expect(out[i]).toBe(i + 1);
  expect(out[from + FADE_FRAMES / 2]).toBeCloseTo((from + FADE_FRAMES / 2) * Math.SQRT1_2, -2);
  for (let i = START_FRAMES; i < out.length; i++) expect(out[i]).toBe(i + 1);
  expect([ring.bufferedFrames, ring.underruns]).toEqual([0, 1]);
});

it('does not fade what was heard already, nor across a jump', () => {
  for (const [frame, stream] of [
    [START_FRAMES, 1],
    [START_FRAMES + 1, 1],
    [START_FRAMES, 2],
  ] as const) {
    const ring = new PcmRing();
    const first = chunk(0, START_FRAMES);
    const end = first.left.slice(-FADE_FRAMES);
    ring.push(first);
    render(ring, START_FRAMES - (frame === START_FRAMES && stream === 1 ? 0 : 1000));
    ring.push({ ...chunk(frame, START_FRAMES, stream), lead: chunk(0, FADE_FRAMES) });
    expect(first.left.slice(-FADE_FRAMES)).toEqual(end);
  }
});

it('falls silent when it is cleared, without counting an underrun', () => {
  const ring = new PcmRing();
  ring.push(chunk(0, 20_000));
  render(ring, 1000);
  ring.clear();
  const out = render(ring, 1000);
  expect(out[0]).toBe(1000);
  expect(out.subarray(FADE_FRAMES).every((value) => value === 0)).toBe(true);
  expect([ring.state, ring.underruns, ring.bufferedFrames, ring.consumedFrames]).toEqual(['idle', 0, 0, 20_000]);
});

it('stays small over many chunks', () => {
  const ring = new PcmRing();
  for (let i = 0; i < 1000; i++) {
    ring.push(chunk(i * 9600, 9600));
    if (i > 0) render(ring, 9600);
  }
  expect(ring.bufferedFrames).toBe(9600);
  expect(ring.underruns).toBe(0);
});
