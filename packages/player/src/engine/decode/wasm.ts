import type { Packet } from '../mp4/segment.ts';
import type { DecodeJob, DecodeSession, PcmBatch, SegmentDecoder } from './decoder.ts';

/** One decoder of a WebAssembly library: it decodes packets in order and keeps state between them. */
export interface WasmCodec {
  /** @throws Error when a packet cannot be decoded */
  decode(packets: readonly Uint8Array[]): PcmBatch | Promise<PcmBatch>;
  free(): void;
}

/** libFLAC and libopus; each is a file of its own, loaded with the first segment that needs it. */
const LOADERS: Readonly<Record<'flac' | 'opus', () => Promise<WasmCodec>>> = {
  flac: async () => (await import('./wasm-flac.ts')).createFlac(),
  opus: async () => (await import('./wasm-opus.ts')).createOpus(),
};

/** Decoding in WebAssembly, on the main thread: 3 ms for a second of FLAC. */
export class WasmDecoder implements SegmentDecoder {
  readonly codecs = ['flac', 'opus'] as const;

  open(job: DecodeJob): DecodeSession {
    return new WasmSession(job, LOADERS[job.config.codec]());
  }
}

class WasmSession implements DecodeSession {
  readonly #job: DecodeJob;
  readonly #codec: Promise<WasmCodec>;
  #done: Promise<void> = Promise.resolve();
  #closed = false;
  #pushed = 0;
  #delivered = 0;
  #toc = 0;

  constructor(job: DecodeJob, codec: Promise<WasmCodec>) {
    this.#job = job;
    this.#codec = codec;
    if (job.leadIn.length > 0) this.#decode(job.leadIn, (batch) => job.onLeadIn?.(batch));
  }

  push(packets: readonly Packet[]): void {
    if (packets.length === 0) return;
    for (const { data, frames } of packets) {
      this.#pushed += frames;
      this.#toc = data[0] ?? 0;
    }
    const data = packets.map((packet) => packet.data);
    this.#decode(data, (batch) => {
      this.#delivered += batch.left.length;
      this.#job.onBatch(batch);
    });
  }

  async finish(): Promise<void> {
    const { onTail, config } = this.#job;
    // A packet without content: the decoder goes on as for a lost one.
    if (config.codec === 'opus' && onTail !== undefined) this.#decode([Uint8Array.of(this.#toc & 0xfc)], onTail);
    try {
      await this.#done;
    } finally {
      this.close();
    }
    if (this.#delivered === this.#pushed) return;
    throw new Error(`${this.#delivered} frames were decoded; the segment has ${this.#pushed}`);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    this.#codec.then(
      (codec) => codec.free(),
      () => undefined,
    );
  }

  #decode(packets: readonly Uint8Array[], take: (batch: PcmBatch) => void): void {
    this.#done = this.#done.then(async () => {
      const codec = await this.#codec;
      if (this.#closed) return;
      const batch = await codec.decode(packets);
      if (!this.#closed) take(batch);
    });
    this.#done.catch(() => undefined);
  }
}
