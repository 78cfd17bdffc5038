import { setImmediate } from 'node:timers/promises';
import { BLOCK_FRAMES, BYTES_PER_FRAME, framesToMs, type PcmChunk } from '@bucket-radio/pcm';
import type { Clock } from './clock.ts';
import type { ChunkOptions } from './source.ts';

/** Sound without a place in time yet: whole frames of interleaved S24LE stereo. */
export type PcmBytes = AsyncIterable<Uint8Array>;

/** A way to deliver them: {@link pacedChunks} or {@link unpacedChunks}. */
export type Delivery = (bytes: PcmBytes, clock: Clock, options: ChunkOptions) => AsyncIterable<PcmChunk>;

/** One reading of both clocks, and the frame it belongs to. All UTC labels of a source come from one anchor. */
interface Anchor {
  readonly frame: number;
  readonly monotonicMs: number;
  readonly utcMs: number;
}

/** Chunks of a finite or generated source, delivered as fast as they are read. */
export async function* unpacedChunks(bytes: PcmBytes, clock: Clock, options: ChunkOptions): AsyncIterable<PcmChunk> {
  const { startFrame, signal } = options;
  const breathe = createBreather();
  let anchor: Anchor | undefined;
  let position = startFrame;
  for await (const data of bytes) {
    if (signal.aborted) return;
    anchor ??= readAnchor(clock, position);
    const chunk = label(data, position, anchor);
    position += chunk.frames;
    yield chunk;
    await breathe();
  }
}

/**
 * Chunks of a source that has no clock of its own, in real time: each is released when its **last** frame is due on
 * the monotonic clock, counted from the first data. Due times are absolute, so nothing drifts, and after a stall of
 * any length every late chunk is released at once, in order, until the timeline has caught up.
 */
export async function* pacedChunks(bytes: PcmBytes, clock: Clock, options: ChunkOptions): AsyncIterable<PcmChunk> {
  const { startFrame, signal } = options;
  const breathe = createBreather();
  let anchor: Anchor | undefined;
  let position = startFrame;
  for await (const data of bytes) {
    if (signal.aborted) return;
    anchor ??= readAnchor(clock, position);
    const chunk = label(data, position, anchor);
    position += chunk.frames;
    const due = anchor.monotonicMs + framesToMs(position - startFrame);
    await sleepUntil(due, clock, signal);
    if (signal.aborted) return;
    yield chunk;
    await breathe();
  }
}

function readAnchor(clock: Clock, frame: number): Anchor {
  return { frame, monotonicMs: clock.monotonicMs(), utcMs: clock.utcMs() };
}

function label(data: Uint8Array, position: number, anchor: Anchor): PcmChunk {
  const frames = data.length / BYTES_PER_FRAME;
  const sinceMs = framesToMs(position - anchor.frame);
  return { position, frames, data, utcMs: anchor.utcMs + sinceMs, capturedMonotonicMs: anchor.monotonicMs + sinceMs };
}

async function sleepUntil(due: number, clock: Clock, signal: AbortSignal): Promise<void> {
  while (!signal.aborted) {
    const left = due - clock.monotonicMs();
    if (left <= 0) return;
    await clock.sleep(left, signal);
  }
}

/** A generated source that never waits would keep timers, sockets and the abort itself from ever running. */
function createBreather(): () => Promise<void> {
  let chunks = 0;
  return async () => {
    chunks += 1;
    if (chunks % 16 === 0) await setImmediate();
  };
}

/**
 * Cuts a byte stream into pieces of exactly `blockBytes`; the last is shorter and holds whole frames of `frameBytes`. A
 * block that lies inside one piece is a view of it: only what spans two pieces is copied.
 */
export async function* inBlocks(
  stream: AsyncIterable<Uint8Array>,
  frameBytes: number,
  blockFrames: number = BLOCK_FRAMES,
): PcmBytes {
  const blockBytes = frameBytes * blockFrames;
  let partial = new Uint8Array(0);
  let filled = 0;
  for await (const piece of stream) {
    for (let offset = 0; offset < piece.length; ) {
      const length = Math.min(piece.length - offset, blockBytes - filled);
      const part = piece.subarray(offset, offset + length);
      offset += length;
      if (length === blockBytes) {
        yield part;
        continue;
      }
      if (filled === 0) partial = new Uint8Array(blockBytes);
      partial.set(part, filled);
      filled += length;
      if (filled < blockBytes) continue;
      filled = 0;
      yield partial;
    }
  }
  const whole = filled - (filled % frameBytes);
  if (whole > 0) yield partial.subarray(0, whole);
}
