import { createOpusDecoder, type OpusDecoder } from '@bucket-radio/encoders';
import { CHANNELS, OPUS_PACKET_FRAMES } from '@bucket-radio/pcm';
import type { MediaObject } from './media-object.ts';
import type { Differ, SegmentReport } from './report.ts';
import { checkTiming } from './timing.ts';
import type { ExpectedSegment } from './window.ts';

/** docs/format.md, "Lead-in". */
const LEAD_IN_PACKETS = 5;

/** An `lq` segment, decoded. */
export interface LqContent {
  readonly packets: readonly Uint8Array[];
  /** Interleaved, 16 bit. */
  readonly samples: Int16Array;
  /** Has decoded this segment and nothing after it. */
  readonly decoder: OpusDecoder;
}

/** Compares an `lq` segment with the manifest, and decodes it as a player that joins here. Free the decoder. */
export function checkLq(media: MediaObject, expected: ExpectedSegment, differ: Differ): LqContent | undefined {
  checkTiming(media, expected, OPUS_PACKET_FRAMES, differ);
  const packets = media.samples.map((sample) => sample.data);
  const decoder = createOpusDecoder();
  try {
    for (const packet of media.leadIn ?? []) decoder.decode(packet);
    return { packets, samples: decodeAll(decoder, packets), decoder };
  } catch (error) {
    decoder.free();
    differ('frames', error instanceof Error ? error.message : String(error));
    return undefined;
  }
}

/** @throws EncoderError, Error for a packet that is not 20 ms long */
function decodeAll(decoder: OpusDecoder, packets: readonly Uint8Array[]): Int16Array {
  const size = OPUS_PACKET_FRAMES * CHANNELS;
  const samples = new Int16Array(packets.length * size);
  for (const [i, packet] of packets.entries()) {
    const decoded = decoder.decode(packet);
    if (decoded.length !== size) {
      throw new Error(`packet ${i} decodes to ${decoded.length / CHANNELS} frames; ${OPUS_PACKET_FRAMES} are expected`);
    }
    samples.set(decoded, i * size);
  }
  return samples;
}

/**
 * Compares the lead-in with the packets before it, and what a decoder that joins here gives with one that was running.
 * @param before the segment before, where it was read
 * @param isFirst whether this is the window's first segment, of whose past nothing is known
 */
export function checkLqJoin(
  { leadIn }: MediaObject,
  content: LqContent,
  place: { readonly expected: ExpectedSegment; readonly before: LqContent | undefined; readonly isFirst: boolean },
  differ: Differ,
): SegmentReport['join'] {
  const { expected, before, isFirst } = place;
  if (leadIn === undefined) {
    if (expected.startsRun || isFirst) return 'start';
    differ('join', 'there is no lead-in, and no interruption before it');
    return 'different';
  }
  if (leadIn.length !== LEAD_IN_PACKETS) differ('join', `the lead-in has ${leadIn.length} packets; 5 are expected`);
  if (expected.startsRun) {
    differ('join', 'there is a lead-in, but the timeline is interrupted before it');
    return 'different';
  }
  if (before === undefined) return isFirst ? 'start' : 'n/a';
  const last = before.packets.slice(-leadIn.length);
  if (!leadIn.every((packet, i) => Buffer.compare(packet, last[i] ?? new Uint8Array(0)) === 0)) {
    differ('join', 'the lead-in is not the last packets of the segment before');
    return 'different';
  }
  const running = decodeAll(before.decoder, content.packets);
  const at = running.findIndex((sample, i) => sample !== content.samples[i]);
  if (at === -1) return 'exact';
  differ(
    'join',
    `a decoder that joins here differs from one that was running, first in frame ${Math.floor(at / CHANNELS)}`,
  );
  return 'different';
}
