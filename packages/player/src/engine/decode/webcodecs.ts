import type { CodecConfig } from '../mp4/init.ts';
import type { Packet } from '../mp4/segment.ts';
import type { DecodeJob, DecodeSession, PcmBatch, SegmentDecoder } from './decoder.ts';

/**
 * The browser's own decoders, packet by packet. A decoder lives for one segment: FLAC frames are independent, and an Opus
 * segment brings its lead-in, so nothing is lost and no state can go stale.
 */
export class WebCodecsDecoder implements SegmentDecoder {
  readonly codecs: readonly CodecConfig['codec'][];

  constructor(codecs: readonly CodecConfig['codec'][] = ['flac', 'opus']) {
    this.codecs = codecs;
  }

  open(job: DecodeJob): DecodeSession {
    return new WebCodecsSession(job);
  }
}

class WebCodecsSession implements DecodeSession {
  readonly #codec: string;
  readonly #sampleRate: number;
  readonly #decoder: AudioDecoder;
  readonly #failure = Promise.withResolvers<never>();
  readonly #job: DecodeJob;
  #pushed = 0;
  #delivered = 0;
  /** First byte of the last packet. */
  #toc: number | undefined;

  constructor(job: DecodeJob) {
    const { config, leadIn } = job;
    this.#job = job;
    const { codec, sampleRate, channels, description } = config;
    this.#codec = codec;
    this.#sampleRate = sampleRate;
    this.#failure.promise.catch(() => undefined);
    this.#decoder = new AudioDecoder({
      output: (data) => {
        this.#deliver(data);
        data.close();
      },
      error: (cause) => this.#failure.reject(cause),
    });
    const base = { codec, sampleRate, numberOfChannels: channels };
    this.#decoder.configure(description === undefined ? base : { ...base, description });
    leadIn.forEach((data, i) => {
      this.#decode((i - leadIn.length) * 20_000, data);
    });
  }

  push(packets: readonly Packet[]): void {
    if (this.#decoder.state !== 'configured') return;
    for (const { data, frames } of packets) {
      this.#decode(this.#time(this.#pushed), data);
      this.#pushed += frames;
      this.#toc = data[0];
    }
  }

  async finish(): Promise<void> {
    this.#askForTail();
    const flushed = this.#decoder.state === 'closed' ? this.#failure.promise : this.#decoder.flush();
    // `flush` may reject with a bare EncodingError before the error callback tells the cause. A decoder that does not
    // conceal refuses the tail: after everything that counts.
    await Promise.race([flushed, this.#failure.promise]).catch((cause: unknown) => {
      if (this.#delivered !== this.#pushed) throw new Error(`the browser cannot decode ${this.#codec}`, { cause });
    });
    this.close();
    if (this.#delivered === this.#pushed) return;
    throw new Error(`decoded ${this.#delivered} of ${this.#pushed} frames`);
  }

  close(): void {
    if (this.#decoder.state !== 'closed') this.#decoder.close();
    this.#failure.reject(new Error('closed'));
  }

  /** A lead-in packet has a negative timestamp, the tail that of the next segment. */
  #deliver(data: AudioData): void {
    const { onBatch, onLeadIn, onTail } = this.#job;
    const isSegment = data.timestamp >= 0;
    const isTail = isSegment && this.#pushed > 0 && this.#delivered >= this.#pushed;
    if (isSegment && !isTail) this.#delivered += data.numberOfFrames;
    const take = isTail ? onTail : onBatch;
    (isSegment ? take : onLeadIn)?.(planar(data));
  }

  /** An Opus packet without content makes the decoder go on as for a lost one (RFC 6716, section 4.4). */
  #askForTail(): void {
    if (this.#codec !== 'opus' || this.#job.onTail === undefined || this.#toc === undefined) return;
    if (this.#decoder.state === 'configured') this.#decode(this.#time(this.#pushed), Uint8Array.of(this.#toc & 0xfc));
  }

  /** Microseconds. */
  #time(frames: number): number {
    return Math.round((frames * 1_000_000) / this.#sampleRate);
  }

  #decode(timestamp: number, data: Uint8Array): void {
    this.#decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data }));
  }
}

/** The codecs that WebCodecs decodes here; empty without WebCodecs. */
export async function webCodecsSupport(): Promise<CodecConfig['codec'][]> {
  if (typeof AudioDecoder === 'undefined') return [];
  const supported: CodecConfig['codec'][] = [];
  const probes = { flac: { codec: 'flac', description: PROBE_STREAMINFO }, opus: { codec: 'opus' } } as const;
  for (const codec of ['flac', 'opus'] as const) {
    const config = { sampleRate: 48_000, numberOfChannels: 2, ...probes[codec] };
    const reply = await AudioDecoder.isConfigSupported(config).catch(() => undefined);
    if (reply?.supported === true) supported.push(codec);
  }
  return supported;
}

/** `fLaC` and a STREAMINFO of 48 kHz, stereo, 24 bit, blocks of 1920: some browsers look inside when they are asked. */
const PROBE_STREAMINFO: Uint8Array<ArrayBuffer> = new Uint8Array([
  ...[0x66, 0x4c, 0x61, 0x43, 0x80, 0, 0, 34, 0x07, 0x80, 0x07, 0x80, 0, 0, 0, 0, 0, 0, 0x0b, 0xb8, 0x03, 0x70],
  ...new Array<number>(20).fill(0),
]);

function planar(data: AudioData): PcmBatch {
  const plane = (planeIndex: number): Float32Array<ArrayBuffer> => {
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex, format: 'f32-planar' });
    return samples;
  };
  const left = plane(0);
  return { left, right: data.numberOfChannels > 1 ? plane(1) : left.slice() };
}
