import { PlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { DecodeJob, PcmBatch, SegmentDecoder } from './decoder.ts';

/**
 * The browser's own decoders, packet by packet. A decoder lives for one segment: FLAC frames are independent, and an Opus
 * segment brings its lead-in, so nothing is lost and no state can go stale.
 */
export class WebCodecsDecoder implements SegmentDecoder {
  readonly codecs: readonly CodecConfig['codec'][];

  constructor(codecs: readonly CodecConfig['codec'][] = ['flac', 'opus']) {
    this.codecs = codecs;
  }

  async decode(job: DecodeJob, onBatch: (batch: PcmBatch) => void, signal: AbortSignal): Promise<void> {
    signal.throwIfAborted();
    const { promise: failed, reject: fail } = Promise.withResolvers<never>();
    failed.catch(() => undefined);
    let delivered = 0;
    const decoder = new AudioDecoder({
      output: (data) => {
        // A lead-in packet has a negative timestamp; its sound belongs to the segment before.
        if (data.timestamp >= 0) {
          delivered += data.numberOfFrames;
          onBatch(planar(data));
        }
        data.close();
      },
      error: (cause) => fail(new PlayerError('DecodeFailed', `the browser cannot decode: ${cause.message}`, { cause })),
    });
    const abort = (): void => fail(signal.reason);
    signal.addEventListener('abort', abort);
    try {
      feed(decoder, job);
      await Promise.race([decoder.flush(), failed]);
      expectFrames(job, delivered);
    } catch (error) {
      signal.throwIfAborted();
      if (error instanceof PlayerError) throw error;
      // `flush` may reject with a bare EncodingError before the error callback tells the cause.
      throw new PlayerError('DecodeFailed', `the browser cannot decode ${job.config.codec}`, { cause: error });
    } finally {
      signal.removeEventListener('abort', abort);
      if (decoder.state !== 'closed') decoder.close();
    }
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

function feed(decoder: AudioDecoder, { config, leadIn, packets }: DecodeJob): void {
  const { codec, sampleRate, channels, description } = config;
  const base = { codec, sampleRate, numberOfChannels: channels };
  decoder.configure(description === undefined ? base : { ...base, description });
  leadIn.forEach((data, i) => {
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: (i - leadIn.length) * 20_000, data }));
  });
  let frames = 0;
  for (const packet of packets) {
    const timestamp = Math.round((frames * 1_000_000) / sampleRate);
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp, data: packet.data }));
    frames += packet.frames;
  }
}

function planar(data: AudioData): PcmBatch {
  const plane = (planeIndex: number): Float32Array<ArrayBuffer> => {
    const samples = new Float32Array(data.numberOfFrames);
    data.copyTo(samples, { planeIndex, format: 'f32-planar' });
    return samples;
  };
  const left = plane(0);
  return { left, right: data.numberOfChannels > 1 ? plane(1) : left.slice() };
}

function expectFrames({ packets }: DecodeJob, delivered: number): void {
  const expected = packets.reduce((sum, { frames }) => sum + frames, 0);
  if (delivered === expected) return;
  throw new PlayerError('DecodeFailed', `the browser decoded ${delivered} frames; the segment has ${expected}`);
}
