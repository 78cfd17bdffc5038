// A file of its own, which only browsers without WebCodecs load: it imports types only from the rest of the player, so that
// bundlers leave the rest whole.
import { AudioDataDecoder } from './audio-data.ts';
import type { DecodeJob, DecodeSession, SegmentDecoder } from './decoder.ts';
import { WasmDecoder } from './wasm.ts';

type Codec = SegmentDecoder['codecs'][number];

/** Adds what `native` lacks: for FLAC `decodeAudioData`, and WebAssembly where that fails; for Opus WebAssembly. */
export async function completeDecoder(native: SegmentDecoder): Promise<SegmentDecoder> {
  const wasm = (await mayCompile()) ? new WasmDecoder() : undefined;
  const web = typeof OfflineAudioContext === 'undefined' ? undefined : new AudioDataDecoder();
  const flac = web === undefined || wasm === undefined ? (web ?? wasm) : new SecondChance(web, wasm);
  const has = (codec: Codec): boolean => native.codecs.includes(codec);
  return new DecoderPerCodec({ flac: has('flac') ? native : flac, opus: has('opus') ? native : wasm });
}

/** A Content-Security-Policy may refuse WebAssembly: it takes `'wasm-unsafe-eval'`. */
async function mayCompile(): Promise<boolean> {
  try {
    await WebAssembly.compile(Uint8Array.of(0, 0x61, 0x73, 0x6d, 1, 0, 0, 0));
    return true;
  } catch {
    return false;
  }
}

class DecoderPerCodec implements SegmentDecoder {
  readonly codecs: readonly Codec[];
  readonly #decoders: Readonly<Record<Codec, SegmentDecoder | undefined>>;

  constructor(decoders: Readonly<Record<Codec, SegmentDecoder | undefined>>) {
    this.#decoders = decoders;
    this.codecs = (['flac', 'opus'] as const).filter((codec) => decoders[codec] !== undefined);
  }

  open(job: DecodeJob): DecodeSession {
    const decoder = this.#decoders[job.config.codec];
    if (decoder === undefined) throw new Error(`no decoder for ${job.config.codec}`);
    return decoder.open(job);
  }
}

/** Decodes with `first` until that fails, then with `second` for good. `first` delivers all of a segment or nothing. */
class SecondChance implements SegmentDecoder {
  readonly codecs: readonly Codec[] = ['flac'];
  readonly #first: SegmentDecoder;
  readonly #second: SegmentDecoder;
  #failed = false;

  constructor(first: SegmentDecoder, second: SegmentDecoder) {
    this.#first = first;
    this.#second = second;
  }

  open(job: DecodeJob): DecodeSession {
    if (this.#failed) return this.#second.open(job);
    const packets: Parameters<DecodeSession['push']>[0][number][] = [];
    let session = this.#first.open(job);
    let closed = false;
    const again = (error: unknown): Promise<void> => {
      if (closed) throw error;
      this.#failed = true;
      session = this.#second.open(job);
      session.push(packets);
      return session.finish();
    };
    return {
      push: (more) => {
        packets.push(...more);
        session.push(more);
      },
      finish: () => session.finish().catch(again),
      close: () => {
        closed = true;
        session.close();
      },
    };
  }
}
