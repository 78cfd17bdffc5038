import { OpusDecoder } from 'opus-decoder';
import type { WasmCodec } from './wasm.ts';

/** libopus, in stereo. */
export async function createOpus(): Promise<WasmCodec> {
  const decoder = new OpusDecoder({ channels: 2 });
  await decoder.ready;
  return {
    decode: (packets) => {
      const { channelData, errors } = decoder.decodeFrames([...packets]);
      if (errors[0] !== undefined) throw new Error(errors[0].message);
      const [left, right] = channelData.map((samples) => Float32Array.from(samples));
      if (left === undefined || right === undefined) throw new Error('no stereo sound');
      return { left, right };
    },
    free: () => decoder.free(),
  };
}
