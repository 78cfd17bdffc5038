import { CHANNELS, OPUS_PACKET_FRAMES, SAMPLE_RATE } from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';
import { OPUS_APPLICATION_AUDIO } from './codec.ts';
import { checkOpus, loadLibOpus, MAX_PACKET_BYTES } from './libopus.ts';

/** Longest packet Opus knows: 120 ms. */
const MAX_PACKET_FRAMES = 6 * OPUS_PACKET_FRAMES;

/** A running libopus decoder: 48 kHz, stereo. It remembers what it decoded; start a fresh one to start elsewhere. */
export interface OpusDecoder {
  /**
   * Decodes the next packet: interleaved 16-bit samples.
   * @throws EncoderError `codec` when libopus refuses the packet
   */
  decode(packet: Uint8Array): Int16Array;
  /** Frees the decoder. Called once. */
  free(): void;
}

/** A fresh Opus decoder. Always WebAssembly: what a compiled add-on encoded is then read by another build of libopus. */
export function createOpusDecoder(): OpusDecoder {
  const module = loadLibOpus();
  const handler = new module.OpusScriptHandler(SAMPLE_RATE, CHANNELS, OPUS_APPLICATION_AUDIO);
  const input = module._malloc(MAX_PACKET_BYTES);
  const output = module._malloc(MAX_PACKET_FRAMES * CHANNELS * 2 * 2);
  return {
    decode: (packet) => {
      if (packet.length > MAX_PACKET_BYTES) {
        throw new EncoderError(
          'codec',
          `An Opus packet has ${packet.length} bytes; at most ${MAX_PACKET_BYTES} are taken`,
        );
      }
      module.HEAPU8.set(packet, input);
      const frames = checkOpus(handler._decode(input, packet.length, output), 'decode');
      const words = new Uint16Array(module.HEAPU8.buffer, output, frames * CHANNELS * 2);
      const samples = new Int16Array(frames * CHANNELS);
      for (let i = 0; i < samples.length; i++) {
        samples[i] = ((words[2 * i] as number) & 0xff) | (((words[2 * i + 1] as number) & 0xff) << 8);
      }
      return samples;
    },
    free: () => {
      module.OpusScriptHandler.destroy_handler(handler);
      module._free(input);
      module._free(output);
    },
  };
}
