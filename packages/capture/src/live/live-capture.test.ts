import { once } from 'node:events';
import { BYTES_PER_FRAME } from '@bucket-radio/pcm';
import { expect, test } from 'vitest';
import type { Clock } from '../clock.ts';
import type { RunningTool } from '../tool.ts';
import { DEVICE_POLICY } from './gap-accountant.ts';
import { LiveCapture } from './live-capture.ts';
import { DEVICE_REOPEN, type LiveInput } from './live-input.ts';

const READ_FRAMES = 3840;
const READ_BYTES = READ_FRAMES * BYTES_PER_FRAME;

/** A source whose reads arrive at the times given, in ms, on a clock that only they move. */
function scripted(arrivalsMs: readonly number[]): { readonly input: LiveInput; readonly clock: Clock } {
  let nowMs = 0;
  const clock: Clock = {
    monotonicMs: () => nowMs,
    utcMs: () => nowMs,
    sleep: async (_, signal) => void (await once(signal, 'abort')),
  };
  async function* output(): AsyncGenerator<Uint8Array> {
    for (const atMs of arrivalsMs) {
      nowMs = atMs;
      yield new Uint8Array(READ_BYTES);
    }
  }
  const tool: RunningTool = {
    pid: undefined,
    output: output(),
    exit: Promise.resolve({ code: 0 }),
    stop: async () => undefined,
  };
  const input: LiveInput = {
    name: 'scripted',
    toolName: 'scripted',
    gaps: DEVICE_POLICY,
    reopen: DEVICE_REOPEN,
    start: async () => ({ tool, frameBytes: BYTES_PER_FRAME, toS24le: (data) => data }),
    readLine: () => undefined,
  };
  return { input, clock };
}

test('a consumer that stops in the middle of a gap still gets everything that arrived before, in order', async () => {
  // From the 101st read on 300 ms late: they are held back, and certain all at once.
  const arrivals = Array.from({ length: 130 }, (_, read) => (read + 1) * 80 + (read < 100 ? 0 : 300));
  const { input, clock } = scripted(arrivals);
  const abort = new AbortController();
  const capture = new LiveCapture(
    input,
    { clock, onMessage: () => undefined },
    { startFrame: 0, signal: abort.signal },
  );
  let position = 0;
  let gaps = 0;
  for await (const chunk of capture.chunks()) {
    expect(chunk.position).toBe(position);
    position += chunk.frames;
    gaps += chunk.gaps?.length ?? 0;
    if (position > 100 * READ_FRAMES) abort.abort();
  }
  expect(gaps).toBe(1);
  expect(position).toBe(capture.counts.frames);
  expect(position).toBeGreaterThan(110 * READ_FRAMES);
});
