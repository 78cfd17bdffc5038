import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { NativeMissing, requireNative } from '../backend.ts';
import type { CreateOpusCodec } from './codec.ts';
import { createPacketSlab } from './packet-slab.ts';

/** The part of `@discordjs/opus` that is used; its application is always "audio". */
interface DiscordOpus {
  readonly OpusEncoder: new (
    sampleRate: number,
    channels: number,
  ) => {
    encode(pcm: Uint8Array): Uint8Array;
    applyEncoderCTL(request: number, value: number): void;
  };
}

/** libopus through the optional add-on `@discordjs/opus`. */
export async function loadNativeOpus(): Promise<CreateOpusCodec | NativeMissing> {
  const module = requireNative<DiscordOpus>('@discordjs/opus');
  if (module instanceof NativeMissing) return module;
  const { OpusEncoder } = module;
  return () => {
    const encoder = new OpusEncoder(SAMPLE_RATE, CHANNELS);
    const keep = createPacketSlab();
    return {
      encode: (samples) => keep(encoder.encode(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength))),
      control: (request, value) => encoder.applyEncoderCTL(request, value),
      free: () => {
        // The add-on has no destructor to call; its memory goes with the object.
      },
    };
  };
}
