import { music, pcmBlocks } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { createOpusDecoder } from './opus-decoder.ts';
import { createOpusEncoder } from './opus-encoder.ts';

describe('the Opus decoder', () => {
  it('decodes packets to what was encoded, and many decoders do not disturb each other', async () => {
    const samples = music(24_000);
    const encoder = await createOpusEncoder({ segmentFrames: 48_000 });
    const packets = pcmBlocks(samples, { segmentFrames: 48_000 }).flatMap((block) => encoder.encode(block));
    const decoders = Array.from({ length: 8 }, () => createOpusDecoder());
    const outputs = decoders.map(() => [] as number[]);
    for (const { data } of packets)
      for (const [i, decoder] of decoders.entries()) outputs[i]!.push(...decoder.decode(data));
    for (const decoder of decoders) decoder.free();
    expect(outputs[0]).toHaveLength(packets.length * 960 * 2);
    for (const output of outputs) expect(output).toEqual(outputs[0]);
    let [dot, a, b] = [0, 0, 0];
    for (let i = 9600; i < outputs[0]!.length; i++) {
      const [x, y] = [samples[i]! / 256, outputs[0]![i]!];
      [dot, a, b] = [dot + x * y, a + x * x, b + y * y];
    }
    expect(dot / Math.sqrt(a * b)).toBeGreaterThan(0.95);
  });

  it('refuses what is no packet', () => {
    const decoder = createOpusDecoder();
    expect(() => decoder.decode(new Uint8Array(5000))).toThrow('5000 bytes');
    expect(() => decoder.decode(Uint8Array.of(0xff, 0xff, 0xff))).toThrow('libopus');
    decoder.free();
  });
});
