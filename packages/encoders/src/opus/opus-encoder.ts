import { CHANNELS, OPUS_PACKET_FRAMES, type OpusPacket, type PcmBlock, samplesOf } from '@bucket-radio/pcm';
import { type Backend, type BackendChoice, type BackendLoaders, loadBackend } from '../backend.ts';
import { EncoderError } from '../encoder-error.ts';
import { Timeline } from '../timeline.ts';
import {
  type CreateOpusCodec,
  OPUS_LOOK_AHEAD_FRAMES,
  OPUS_SET_BITRATE,
  OPUS_SET_COMPLEXITY,
  OPUS_SET_PREDICTION_DISABLED,
  OPUS_SET_VBR,
  OPUS_SET_VBR_CONSTRAINT,
  type OpusCodec,
} from './codec.ts';
import { type PacketCoding, packetCoding } from './cuts.ts';
import { createTpdfDither, type Dither } from './dither.ts';
import { loadNativeOpus } from './native.ts';
import { loadWasmOpus } from './wasm.ts';

export interface OpusEncoderOptions {
  /** Bits per second, 6000 to 510000. Default 128000. */
  readonly bitrate?: number;
  /** 0 (fast) to 10 (good). Default 10. */
  readonly complexity?: number;
  /** `vbr` follows the music; `cvbr` bounds every packet. Default `vbr`. */
  readonly vbr?: 'vbr' | 'cvbr';
  /** Default `auto`. */
  readonly backend?: BackendChoice;
  /** Frames per segment, a multiple of 960: packets around its multiples are coded so that a decoder can start there. */
  readonly segmentFrames: number;
}

/**
 * One continuous Opus stream. Packets carry the station frames they decode to: the codec's look-ahead of 312 frames is
 * compensated by what is fed, not by a pre-skip. The first 312 frames of a run decode to silence fading in.
 */
export interface OpusEncoder {
  readonly backend: Backend;
  /**
   * Encodes one block. A packet comes when the 312 frames after it are known.
   * @throws EncoderError `timeline` when the block does not follow the previous one, or a run does not start on a
   *   multiple of 960; `finished` after `finish()`
   */
  encode(block: PcmBlock): OpusPacket[];
  /**
   * Pads with zeros until every captured frame is in a packet, and frees the encoder. The last packet still decodes to
   * 960 frames; its `frames` counts those that were captured. A second call returns nothing.
   */
  finish(): OpusPacket[];
}

export const opusLoaders: BackendLoaders<CreateOpusCodec> = {
  name: 'Opus',
  native: loadNativeOpus,
  wasm: loadWasmOpus,
};

/**
 * An Opus encoder for the station's format: libopus, 20 ms packets, 24 → 16 bit with TPDF dither.
 * @throws EncoderError `invalid-option`, `backend-missing`
 */
export async function createOpusEncoder(options: OpusEncoderOptions): Promise<OpusEncoder> {
  const { bitrate = 128_000, complexity = 10, vbr = 'vbr', backend: choice = 'auto', segmentFrames } = options;
  requireWhole('Opus bitrate', bitrate, 6_000, 510_000);
  requireWhole('Opus complexity', complexity, 0, 10);
  if (!Number.isInteger(segmentFrames / OPUS_PACKET_FRAMES) || segmentFrames <= 0) {
    throw new EncoderError('invalid-option', `segmentFrames is ${segmentFrames}; use a multiple of 960`);
  }
  const { backend, codec: createCodec } = await loadBackend(choice, opusLoaders);
  const codec = createCodec();
  codec.control(OPUS_SET_BITRATE, bitrate);
  codec.control(OPUS_SET_COMPLEXITY, complexity);
  codec.control(OPUS_SET_VBR, 1);
  codec.control(OPUS_SET_VBR_CONSTRAINT, vbr === 'cvbr' ? 1 : 0);
  return new LibOpusEncoder(backend, codec, { segmentFrames, complexity });
}

function requireWhole(what: string, value: number, min: number, max: number): void {
  if (Number.isInteger(value) && value >= min && value <= max) return;
  throw new EncoderError('invalid-option', `${what} is ${value}; use a whole number from ${min} to ${max}`);
}

const copySilence: Dither = (silence, out, at) => out.set(silence, at);

type Settings = Required<Pick<OpusEncoderOptions, 'segmentFrames' | 'complexity'>>;

class LibOpusEncoder implements OpusEncoder {
  readonly backend: Backend;
  readonly #codec: OpusCodec;
  readonly #segmentFrames: number;
  readonly #complexity: number;
  readonly #timeline = new Timeline('Opus encoder');
  readonly #dither = createTpdfDither();
  readonly #input = new Int16Array(OPUS_PACKET_FRAMES * CHANNELS);
  #filled = 0;
  /** Frames of the run that are still to be left out: the look-ahead, fed "before" the run starts. */
  #skip = OPUS_LOOK_AHEAD_FRAMES;
  #nextPacket = 0;
  #coding: PacketCoding = { predictionFree: false, longBlocks: false };
  #finished = false;

  constructor(backend: Backend, codec: OpusCodec, options: Settings) {
    this.backend = backend;
    this.#codec = codec;
    this.#segmentFrames = options.segmentFrames;
    this.#complexity = options.complexity;
  }

  encode(block: PcmBlock): OpusPacket[] {
    if (this.#finished) throw new EncoderError('finished', 'The Opus encoder has been finished');
    if (!this.#timeline.started) this.#startAt(block.position);
    this.#timeline.advance(block);
    const skipped = Math.min(this.#skip, block.frames);
    this.#skip -= skipped;
    return this.#feed(samplesOf(block).subarray(skipped * CHANNELS), this.#dither);
  }

  finish(): OpusPacket[] {
    if (this.#finished) return [];
    this.#finished = true;
    const packets: OpusPacket[] = [];
    const end = this.#timeline.next;
    while (this.#timeline.started && this.#nextPacket < end) {
      const missing = this.#input.length - this.#filled;
      packets.push(...this.#feed(new Int32Array(missing), copySilence));
    }
    this.#codec.free();
    return packets.map((packet) => ({ ...packet, frames: Math.min(packet.frames, end - packet.position) }));
  }

  #startAt(position: number): void {
    if (position % OPUS_PACKET_FRAMES !== 0) {
      throw new EncoderError('timeline', `The Opus encoder starts at frame ${position}; start at a multiple of 960`);
    }
    this.#nextPacket = position;
  }

  #feed(samples: Int32Array, convert: Dither): OpusPacket[] {
    const packets: OpusPacket[] = [];
    const input = this.#input;
    for (let from = 0; from < samples.length; ) {
      const count = Math.min(samples.length - from, input.length - this.#filled);
      convert(samples.subarray(from, from + count), input, this.#filled);
      from += count;
      this.#filled += count;
      if (this.#filled === input.length) packets.push(this.#encodePacket());
    }
    return packets;
  }

  #encodePacket(): OpusPacket {
    const position = this.#nextPacket;
    this.#code(packetCoding(position, this.#segmentFrames));
    this.#filled = 0;
    this.#nextPacket += OPUS_PACKET_FRAMES;
    return { position, frames: OPUS_PACKET_FRAMES, data: this.#codec.encode(this.#input) };
  }

  #code(wanted: PacketCoding): void {
    const now = this.#coding;
    if (wanted.predictionFree !== now.predictionFree) {
      this.#codec.control(OPUS_SET_PREDICTION_DISABLED, wanted.predictionFree ? 1 : 0);
    }
    if (wanted.longBlocks !== now.longBlocks) {
      this.#codec.control(OPUS_SET_COMPLEXITY, wanted.longBlocks ? 0 : this.#complexity);
    }
    this.#coding = wanted;
  }
}
