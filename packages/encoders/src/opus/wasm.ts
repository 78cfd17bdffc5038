import { CHANNELS, OPUS_PACKET_FRAMES, SAMPLE_RATE } from '@bucket-radio/pcm';
import { type CreateOpusCodec, OPUS_APPLICATION_AUDIO } from './codec.ts';
import { checkOpus, loadLibOpus, MAX_PACKET_BYTES } from './libopus.ts';
import { createPacketSlab } from './packet-slab.ts';

const PCM_BYTES = OPUS_PACKET_FRAMES * CHANNELS * 2;

/** libopus through WebAssembly: always there. */
export async function loadWasmOpus(): Promise<CreateOpusCodec> {
  const module = loadLibOpus();
  return () => {
    const handler = new module.OpusScriptHandler(SAMPLE_RATE, CHANNELS, OPUS_APPLICATION_AUDIO);
    const input = module._malloc(PCM_BYTES * 2);
    const output = module._malloc(MAX_PACKET_BYTES);
    const keep = createPacketSlab();
    return {
      encode: (samples) => {
        // Views are made per call: the heap moves when it grows.
        const { buffer } = module.HEAPU8;
        const words = new Uint16Array(buffer, input, PCM_BYTES);
        for (let i = 0; i < samples.length; i++) {
          const sample = samples[i] as number;
          words[2 * i] = sample & 0xff;
          words[2 * i + 1] = (sample >> 8) & 0xff;
        }
        const length = checkOpus(handler._encode(input, PCM_BYTES, output, OPUS_PACKET_FRAMES), 'encode');
        return keep(new Uint8Array(buffer, output, length));
      },
      control: (request, value) => {
        checkOpus(handler._encoder_ctl(request, value), `request ${request} with ${value}`);
      },
      free: () => {
        module.OpusScriptHandler.destroy_handler(handler);
        module._free(input);
        module._free(output);
      },
    };
  };
}
