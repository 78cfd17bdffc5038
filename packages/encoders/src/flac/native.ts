import { BLOCK_FRAMES, CHANNELS, STATION_FORMAT } from '@bucket-radio/pcm';
import { importNative, NativeMissing } from '../backend.ts';
import { EncoderError } from '../encoder-error.ts';
import type { CreateFlacCodec } from './codec.ts';

/** The part of `flac-bindings/api` that is used: libFLAC's own synchronous interface. */
interface FlacBindingsApi {
  readonly EncoderBuilder: new () => EncoderBuilder;
}
interface EncoderBuilder {
  setChannels(value: number): this;
  setBitsPerSample(value: number): this;
  setSampleRate(value: number): this;
  setCompressionLevel(value: number): this;
  setBlocksize(value: number): this;
  setStreamableSubset(value: boolean): this;
  buildWithStream(
    write: (buffer: Uint8Array, frames: number) => number,
    seek: null,
    tell: null,
    metadata: (block: { readonly md5sum?: Uint8Array }) => void,
  ): StreamEncoder;
}
interface StreamEncoder {
  processInterleaved(samples: Uint8Array, frames: number): boolean;
  finish(): EncoderBuilder | null;
}

const WRITE_OK = 0;

/** libFLAC through the optional add-on `flac-bindings`. */
export async function loadNativeFlac(): Promise<CreateFlacCodec | NativeMissing> {
  const api = await importNative<FlacBindingsApi>('flac-bindings/api');
  if (api instanceof NativeMissing) return api;
  return (level, write) => {
    let md5: Uint8Array | undefined;
    const encoder = new api.EncoderBuilder()
      .setChannels(CHANNELS)
      .setBitsPerSample(STATION_FORMAT.bitDepth)
      .setSampleRate(STATION_FORMAT.sampleRate)
      .setCompressionLevel(level)
      .setBlocksize(BLOCK_FRAMES)
      .setStreamableSubset(true)
      .buildWithStream(
        (buffer, frames) => {
          // The buffer is libFLAC's memory and is detached when this returns.
          write(new Uint8Array(buffer), frames);
          return WRITE_OK;
        },
        null,
        null,
        (block) => {
          if (block.md5sum !== undefined) md5 = new Uint8Array(block.md5sum);
        },
      );
    return {
      process: (samples, frames) =>
        // The add-on insists on a Buffer; this is a view, not a copy.
        encoder.processInterleaved(Buffer.from(samples.buffer, samples.byteOffset, samples.byteLength), frames),
      finish: () => {
        if (encoder.finish() === null || md5 === undefined) throw new EncoderError('codec', 'libFLAC failed to finish');
        return md5;
      },
    };
  };
}
