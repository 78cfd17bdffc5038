import { BLOCK_FRAMES, CHANNELS, STATION_FORMAT } from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';
import type { CreateFlacCodec } from './codec.ts';
import { loadLibFlac } from './libflac.ts';

/** libFLAC through WebAssembly: always there. */
export async function loadWasmFlac(): Promise<CreateFlacCodec> {
  const library = await loadLibFlac();
  return (level, write) => {
    const { sampleRate, bitDepth } = STATION_FORMAT;
    // Streamable subset is libFLAC's default and libflacjs leaves it on.
    const encoder = library.create_libflac_encoder(sampleRate, CHANNELS, bitDepth, level, 0, false, BLOCK_FRAMES);
    if (encoder === 0) throw new EncoderError('codec', 'libFLAC (WebAssembly) has no memory for another encoder');
    let md5: Uint8Array | undefined;
    let failure: unknown;
    const status = library.init_encoder_stream(
      encoder,
      (data, _bytes, frames) => {
        try {
          write(data, frames);
        } catch (error) {
          // Must not unwind through WebAssembly frames: libflacjs would print it and go on.
          failure ??= error;
        }
      },
      (info) => {
        if (info !== undefined) md5 = new Uint8Array(Buffer.from(info.md5sum, 'hex'));
      },
    );
    if (status !== 0) throw new EncoderError('codec', `libFLAC (WebAssembly) refuses to start: status ${status}`);
    return {
      process: (samples, frames) => {
        const done = library.FLAC__stream_encoder_process_interleaved(encoder, samples, frames) !== 0;
        if (failure !== undefined) throw failure;
        return done;
      },
      finish: () => {
        const done = library.FLAC__stream_encoder_finish(encoder) !== 0;
        library.FLAC__stream_encoder_delete(encoder);
        if (failure !== undefined) throw failure;
        if (!done || md5 === undefined) throw new EncoderError('codec', 'libFLAC (WebAssembly) failed to finish');
        return md5;
      },
    };
  };
}
