import { CHANNELS, STATION_FORMAT } from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';
import { loadLibFlac } from './libflac.ts';

const BYTES_PER_SAMPLE = 4;

/** Where a FLAC stream comes from and where its samples go. Called back synchronously, while the decoder runs. */
export interface FlacStream {
  /** The next bytes of the stream, at most `maxBytes`; none at its end. */
  read(maxBytes: number): Uint8Array;
  /** Samples of one FLAC frame: interleaved stereo, 24-bit integers. */
  write(samples: Int32Array): void;
}

/**
 * Decodes a 24-bit stereo FLAC stream to its end, in constant memory. Always WebAssembly: what a compiled add-on encoded
 * is then read by another build of libFLAC.
 * @throws EncoderError `codec` for the first damage found; frames before it have been written
 */
export async function decodeFlacStream(stream: FlacStream): Promise<void> {
  const library = await loadLibFlac();
  const decoder = library.create_libflac_decoder(false);
  if (decoder === 0) throw new EncoderError('codec', 'libFLAC (WebAssembly) has no memory for another decoder');
  let frames = 0;
  let failure: unknown;
  const fail = (error: unknown): false => {
    // Must not unwind through WebAssembly frames: the first failure is kept, and the decoder told to stop.
    failure ??= error;
    return false;
  };
  const status = library.init_decoder_stream(
    decoder,
    (maxBytes) => {
      try {
        const buffer = failure === undefined ? stream.read(maxBytes) : new Uint8Array(0);
        return { buffer, readDataLength: buffer.length, error: false };
      } catch (error) {
        fail(error);
        return { buffer: new Uint8Array(0), readDataLength: 0, error: true };
      }
    },
    (channels, { bitsPerSample }) => {
      if (failure !== undefined) return false;
      try {
        stream.write(interleave(channels, bitsPerSample));
        frames += 1;
        return true;
      } catch (error) {
        return fail(error);
      }
    },
    (_code, name) => {
      const what = name.replace('FLAC__STREAM_DECODER_ERROR_STATUS_', '').replaceAll('_', ' ').toLowerCase();
      fail(new EncoderError('codec', `FLAC frame ${frames} is damaged: ${what}`));
    },
  );
  if (status !== 0) throw new EncoderError('codec', `libFLAC (WebAssembly) refuses to decode: status ${status}`);
  const done = library.FLAC__stream_decoder_process_until_end_of_stream(decoder) !== 0;
  library.FLAC__stream_decoder_finish(decoder);
  library.FLAC__stream_decoder_delete(decoder);
  if (failure !== undefined) throw failure;
  if (!done) throw new EncoderError('codec', `FLAC frame ${frames} is damaged: libFLAC (WebAssembly) stopped there`);
}

/**
 * Decodes FLAC frames from a segment: interleaved stereo, 24-bit integers.
 * @param header `fLaC` and STREAMINFO (42 bytes)
 * @throws EncoderError `codec` when a frame is damaged. A frame that ends too early at the very end may just be absent
 */
export async function decodeFlac(header: Uint8Array, frames: readonly Uint8Array[]): Promise<Int32Array> {
  const parts: Int32Array[] = [];
  const pending = [header, ...frames].map((bytes) => ({ bytes }));
  await decodeFlacStream({
    read: (maxBytes) => {
      const next = pending[0];
      if (next === undefined) return new Uint8Array(0);
      const piece = next.bytes.subarray(0, maxBytes);
      next.bytes = next.bytes.subarray(piece.length);
      if (next.bytes.length === 0) pending.shift();
      return piece;
    },
    write: (samples) => parts.push(samples),
  });
  const samples = new Int32Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    samples.set(part, offset);
    offset += part.length;
  }
  return samples;
}

function interleave(channels: readonly Uint8Array[], bitsPerSample: number): Int32Array {
  const [left, right] = channels;
  if (left === undefined || right === undefined || channels.length !== CHANNELS) {
    throw new EncoderError('codec', `The FLAC stream has ${channels.length} channels; stereo is expected`);
  }
  if (bitsPerSample !== STATION_FORMAT.bitDepth) {
    throw new EncoderError('codec', `The FLAC stream has ${bitsPerSample} bits per sample; 24 are expected`);
  }
  const [lefts, rights] = [words(left), words(right)];
  const samples = new Int32Array(lefts.length * CHANNELS);
  for (let frame = 0; frame < lefts.length; frame++) {
    samples[2 * frame] = lefts[frame] as number;
    samples[2 * frame + 1] = rights[frame] as number;
  }
  return samples;
}

function words(bytes: Uint8Array): Int32Array {
  return new Int32Array(bytes.buffer, bytes.byteOffset, bytes.byteLength / BYTES_PER_SAMPLE);
}
