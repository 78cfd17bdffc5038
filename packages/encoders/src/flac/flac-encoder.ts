import { type FlacFrame, type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import { type Backend, type BackendChoice, type BackendLoaders, loadBackend } from '../backend.ts';
import { EncoderError } from '../encoder-error.ts';
import { Timeline } from '../timeline.ts';
import type { CreateFlacCodec, FlacCodec } from './codec.ts';
import { loadNativeFlac } from './native.ts';
import { finalStreamInfo, leanHeader } from './stream-info.ts';
import { loadWasmFlac } from './wasm.ts';

export interface FlacEncoderOptions {
  /** Compression level, 0 (fast) to 8 (small). Default 5. Lossless at every level. */
  readonly level?: number;
  /** Default `auto`. */
  readonly backend?: BackendChoice;
}

/** What a finished stream leaves behind. */
export interface FlacStreamEnd {
  /** The frames that libFLAC was still holding. */
  readonly frames: FlacFrame[];
  /** The final STREAMINFO, 34 bytes: frame sizes, total and MD5 filled in. Goes over bytes 8–41 of a file. */
  readonly streamInfo: Uint8Array;
}

/**
 * One lossless stream. Its FLAC frame numbers start at 0; the positions of its {@link FlacFrame}s are station frames.
 * Start a new encoder where a recording starts, so that every file can be seeked in.
 */
export interface FlacEncoder {
  readonly backend: Backend;
  /** `fLaC` and STREAMINFO as known before the first frame: 42 bytes, last-metadata flag set. */
  readonly header: Uint8Array;
  /**
   * Encodes one block. libFLAC hands a frame over one sample late: a block's frame comes with the next block.
   * @throws EncoderError `timeline` when the block does not follow the previous one, `finished` after `finish()`
   */
  encode(block: PcmBlock): FlacFrame[];
  /** Ends the stream and frees the encoder. A second call returns the same STREAMINFO and no frames. */
  finish(): FlacStreamEnd;
}

export const flacLoaders: BackendLoaders<CreateFlacCodec> = {
  name: 'FLAC',
  native: loadNativeFlac,
  wasm: loadWasmFlac,
};

/**
 * A FLAC encoder for the station's format: libFLAC, 24 bit, blocks of 1920 frames, streamable subset.
 * @throws EncoderError `invalid-option`, `backend-missing`
 */
export async function createFlacEncoder(options: FlacEncoderOptions = {}): Promise<FlacEncoder> {
  const { level = 5, backend: choice = 'auto' } = options;
  if (!Number.isInteger(level) || level < 0 || level > 8) {
    throw new EncoderError('invalid-option', `FLAC level is ${level}; use a whole number from 0 to 8`);
  }
  const { backend, codec } = await loadBackend(choice, flacLoaders);
  return new LibFlacEncoder(backend, codec, level);
}

class LibFlacEncoder implements FlacEncoder {
  readonly backend: Backend;
  readonly header: Uint8Array;
  readonly #codec: FlacCodec;
  readonly #timeline = new Timeline('FLAC encoder');
  #frames: FlacFrame[] = [];
  #written = 0;
  #minFrameBytes = Infinity;
  #maxFrameBytes = 0;
  #streamInfo: Uint8Array | undefined;

  constructor(backend: Backend, createCodec: CreateFlacCodec, level: number) {
    const head: number[] = [];
    this.backend = backend;
    this.#codec = createCodec(level, (data, frames) => {
      if (frames === 0) head.push(...data);
      else this.#collect(data, frames);
    });
    this.header = leanHeader(Uint8Array.from(head));
  }

  encode(block: PcmBlock): FlacFrame[] {
    if (this.#streamInfo !== undefined) throw new EncoderError('finished', 'The FLAC encoder has been finished');
    this.#timeline.advance(block);
    if (!this.#codec.process(samplesOf(block), block.frames)) {
      throw new EncoderError('codec', `libFLAC (${this.backend}) failed at frame ${block.position}`);
    }
    return this.#take();
  }

  finish(): FlacStreamEnd {
    this.#streamInfo ??= this.#end();
    return { frames: this.#take(), streamInfo: this.#streamInfo };
  }

  #end(): Uint8Array {
    const md5 = this.#codec.finish();
    return finalStreamInfo(this.header, {
      minFrameBytes: this.#maxFrameBytes === 0 ? 0 : this.#minFrameBytes,
      maxFrameBytes: this.#maxFrameBytes,
      frames: this.#written,
      md5,
    });
  }

  #collect(data: Uint8Array, frames: number): void {
    this.#frames.push({ position: this.#timeline.start + this.#written, frames, data });
    this.#written += frames;
    this.#minFrameBytes = Math.min(this.#minFrameBytes, data.length);
    this.#maxFrameBytes = Math.max(this.#maxFrameBytes, data.length);
  }

  #take(): FlacFrame[] {
    const frames = this.#frames;
    this.#frames = [];
    return frames;
  }
}
