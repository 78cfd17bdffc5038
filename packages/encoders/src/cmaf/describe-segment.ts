import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { CmafOutputFormat, EncodedAudioPacketSource, EncodedPacket, NullTarget, Output } from 'mediabunny';
import type { CodecConfig } from './codec-config.ts';

/** One coded frame with its place on the timeline, in frames. */
export interface MediaUnit {
  readonly position: number;
  readonly frames: number;
  readonly data: Uint8Array;
}

/** What describes a segment; the `mdat` that follows `moof` is the units' bytes, one after the other. */
export interface SegmentBoxes {
  /** `ftyp` and `moov`: the init segment. */
  readonly init: Uint8Array;
  readonly moof: Uint8Array;
}

/**
 * Describes one segment, complete and independent of its neighbours. Each has its own mediabunny `Output`: a long-lived
 * one remembers every fragment it wrote, and writes a fragment only when the next one starts.
 *
 * Only the descriptions are taken. The `mdat` goes nowhere here, because the bytes are copied once, into the object that
 * is uploaded; and so do `styp` and `sidx`, which a lone fragment does not need (the `sidx` counts in 1/57600 s, and
 * ffmpeg then reports 1.2 times the duration).
 */
export async function describeSegment(config: CodecConfig, units: readonly MediaUnit[]): Promise<SegmentBoxes> {
  const init: Uint8Array[] = [];
  const moofs: Uint8Array[] = [];
  const output = new Output({
    format: new CmafOutputFormat({
      onFtyp: (data) => init.push(data),
      onMoov: (data) => init.push(data),
      onMoof: (data) => moofs.push(data),
    }),
    target: new NullTarget(),
    initTarget: new NullTarget(),
  });
  const source = new EncodedAudioPacketSource(config.codec);
  output.addAudioTrack(source);
  await output.start();
  for (const unit of units) {
    // Seconds as doubles are exact to the frame for 5000 years: mediabunny rounds `seconds × 48000`.
    const packet = new EncodedPacket(unit.data, 'key', unit.position / SAMPLE_RATE, unit.frames / SAMPLE_RATE);
    await source.add(packet, { decoderConfig: config });
  }
  await output.finalize();
  return { init: concat(init), moof: concat(moofs) };
}

function concat(parts: readonly Uint8Array[]): Uint8Array {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let offset = 0;
  for (const part of parts) {
    bytes.set(part, offset);
    offset += part.length;
  }
  return bytes;
}
