import { FLACDecoder } from '@wasm-audio-decoders/flac';
import type { PcmBatch } from './decoder.ts';
import type { WasmCodec } from './wasm.ts';

/** libFLAC. The library divides samples by 2ⁿ⁻¹ − 1, which no sample survives; the whole numbers are won back exactly. */
export async function createFlac(): Promise<WasmCodec> {
  const decoder = new FLACDecoder();
  await decoder.ready;
  return {
    decode: async (packets) => {
      const { channelData, bitDepth, errors } = await decoder.decodeFrames([...packets]);
      if (errors[0] !== undefined) throw new Error(errors[0].message);
      return exact(channelData, 2 ** (bitDepth - 1));
    },
    free: () => decoder.free(),
  };
}

/** @param full what a sample of 1 stands for */
function exact(channels: readonly Float32Array[], full: number): PcmBatch {
  const restore = (samples: Float32Array = new Float32Array(0)): Float32Array<ArrayBuffer> =>
    Float32Array.from(samples, (value) => Math.round(value * (full - 1)) / full);
  return { left: restore(channels[0]), right: restore(channels[1] ?? channels[0]) };
}
