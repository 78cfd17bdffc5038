import { createHash } from 'node:crypto';
import { BLOCK_FRAMES, BYTES_PER_FRAME, type PcmBlock, type PcmChunk, type PcmGap, toHex } from '@bucket-radio/pcm';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { createSegmenter } from './segmenter.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);

/** Every byte of the timeline is different from its neighbours, so a lost or doubled sample shows. */
function pcm(frames: number, seed = 1): Uint8Array {
  let state = seed;
  return Uint8Array.from({ length: frames * BYTES_PER_FRAME }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state >>> 24;
  });
}

function cut(data: Uint8Array, sizes: readonly number[], startFrame: number): PcmChunk[] {
  const chunks: PcmChunk[] = [];
  const total = data.length / BYTES_PER_FRAME;
  for (let at = 0, i = 0; at < total; i++) {
    const frames = Math.min(sizes[i % sizes.length]!, total - at);
    chunks.push({
      position: startFrame + at,
      frames,
      data: data.slice(at * BYTES_PER_FRAME, (at + frames) * BYTES_PER_FRAME),
      utcMs: 1_000_000 + (at * 1000) / 48_000,
    });
    at += frames;
  }
  return chunks;
}

function run(chunks: readonly PcmChunk[], segmentSeconds: number, startFrame = 0): PcmBlock[] {
  const segmenter = createSegmenter({ segmentSeconds, startFrame });
  return [...chunks.flatMap((chunk) => segmenter.push(chunk)), ...segmenter.finish()];
}

it('gives the same exact blocks and segment ends whatever the chunk sizes', () => {
  const data = pcm(3 * 48_000 + 777);
  fc.assert(
    fc.property(
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 8 }),
      fc.integer({ min: 0, max: 50 }),
      (sizes, segmentOffset) => {
        const startFrame = segmentOffset * 48_000;
        const blocks = run(cut(data, sizes, startFrame), 1, startFrame);
        expect(Buffer.concat(blocks.map((block) => block.data)).equals(data)).toBe(true);
        expect(blocks.slice(0, -1).every(({ frames }) => frames === BLOCK_FRAMES)).toBe(true);
        expect(blocks.map(({ position }) => position)).toEqual(blocks.map((_, i) => startFrame + i * BLOCK_FRAMES));
        const ends = blocks.flatMap(({ segmentEnd }) => segmentEnd ?? []);
        expect(ends.map(({ index, position, frames }) => [index, position, frames])).toEqual(
          [0, 1, 2].map((n) => [segmentOffset + n, startFrame + n * 48_000, 48_000]),
        );
        for (const [n, end] of ends.entries()) {
          const expected = createHash('md5').update(data.subarray(n * 288_000, (n + 1) * 288_000));
          expect(toHex(end.pcmMd5)).toBe(expected.digest('hex'));
          expect(end.utcMs).toBeCloseTo(1_000_000 + n * 1000, 6);
        }
      },
    ),
    { numRuns: 30 },
  );
});

it('cuts a timeline with gaps of any length and number as exactly, for any length of segment, after 30 days too', () => {
  const day = 24 * 3600 * 48_000;
  const part = fc.record({ frames: fc.integer({ min: 1, max: 40_000 }), gap: fc.integer({ min: 0, max: 60_000 }) });
  fc.assert(
    fc.property(
      fc.array(part, { minLength: 1, maxLength: 12 }),
      fc.array(fc.integer({ min: 1, max: 30_000 }), { minLength: 1, maxLength: 5 }),
      fc.integer({ min: 1, max: 3 }),
      fc.constantFrom(0, 30 * day),
      (parts, sizes, segmentSeconds, startFrame) => {
        const F = segmentSeconds * 48_000;
        const sound = parts.map(({ frames }, index) => pcm(frames, index + 1));
        const filled = Buffer.concat(
          parts.flatMap(({ gap }, i) => [Buffer.alloc(gap * BYTES_PER_FRAME), sound[i] as Uint8Array]),
        );
        const gaps: PcmGap[] = [];
        let position = startFrame;
        for (const { frames, gap } of parts) {
          if (gap > 0) gaps.push({ position, frames: gap, reason: 'xrun' });
          position += gap + frames;
        }
        // A gap is listed with the first sound after it, as capture does.
        const chunks = cut(filled, sizes, startFrame).map((chunk) => {
          const end = chunk.position + chunk.frames;
          const listed = gaps.filter((gap) => {
            const known = gap.position + gap.frames;
            return known >= chunk.position && known < end;
          });
          return listed.length === 0 ? chunk : { ...chunk, gaps: listed };
        });
        const blocks = run(chunks, segmentSeconds, startFrame);
        expect(Buffer.concat(blocks.map(({ data }) => data)).equals(filled)).toBe(true);
        expect(blocks.flatMap((block) => block.gaps ?? [])).toEqual(gaps);
        const ends = blocks.flatMap(({ segmentEnd }) => segmentEnd ?? []);
        const whole = Math.floor(filled.length / BYTES_PER_FRAME / F);
        expect(ends.map((end) => [end.index, end.position, end.frames])).toEqual(
          Array.from({ length: whole }, (_, n) => [startFrame / F + n, startFrame + n * F, F]),
        );
      },
    ),
    { numRuns: 12, seed: SEED },
  );
});

it('keeps blocks inside one chunk as views, without a copy', () => {
  const chunk = cut(pcm(2 * BLOCK_FRAMES), [2 * BLOCK_FRAMES], 0)[0]!;
  const blocks = createSegmenter({ segmentSeconds: 1 }).push(chunk);
  expect(blocks.map(({ data }) => data.buffer === chunk.data.buffer)).toEqual([true, true]);
});

it('reports a gap once, with the block in which it starts', () => {
  const gap = { position: 2000, frames: 3000, reason: 'xrun' } as const;
  const [chunk] = cut(pcm(6000), [6000], 0);
  const blocks = run([{ ...chunk!, gaps: [gap] }], 10);
  expect(blocks.map(({ gaps }) => gaps)).toEqual([undefined, [gap], undefined, undefined]);
});

it('completes no segment with the short last block of a finite source', () => {
  const blocks = run(cut(pcm(48_000 - 1), [4800], 0), 1);
  expect(blocks.at(-1)?.frames).toBe(BLOCK_FRAMES - 1);
  expect(blocks.some(({ segmentEnd }) => segmentEnd !== undefined)).toBe(false);
});

it('refuses chunks that do not continue the timeline', () => {
  const segmenter = createSegmenter({ segmentSeconds: 1 });
  expect(() => segmenter.push({ position: 5, frames: 1, data: new Uint8Array(6), utcMs: 0 })).toThrow(
    'chunk starts at frame 5; the timeline continues at 0',
  );
  expect(() => segmenter.push({ position: 0, frames: 2, data: new Uint8Array(6), utcMs: 0 })).toThrow(
    /2 frames are 12/,
  );
  expect(() => createSegmenter({ segmentSeconds: 2, startFrame: 48_000 })).toThrow(/multiple of 96000/);
});
