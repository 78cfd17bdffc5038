import { execFileSync } from 'node:child_process';
import { packS24le, pcmMd5, type RenditionName } from '@bucket-radio/pcm';
import { walk } from '../src/engine/mp4/box.ts';
import { parseInit } from '../src/engine/mp4/init.ts';
import { parseSegment } from '../src/engine/mp4/segment.ts';
import { LEAD_IN_UUID, PROOF_UUID } from '../src/engine/mp4/uuid.ts';

/** An epoch for tests; a ULID. */
export const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';

const OPUS_LOOKAHEAD_FRAMES = 312;
const LEAD_IN_PACKETS = 5;

/** Random 24-bit stereo over the full range, the same for the same seed: interleaved. */
export function randomPcm(frames: number, seed: number): Int32Array {
  let state = seed;
  return Int32Array.from({ length: frames * 2 }, () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
    return state >> 8;
  });
}

/** Objects of one rendition. */
export interface RenditionFixture {
  readonly init: Uint8Array;
  readonly segments: readonly Uint8Array[];
}

/** `pcm` as `hq` and `lq` objects of `segmentSeconds`, encoded by ffmpeg; segment 0 starts at its first frame. */
export function makeFixture(
  pcm: Int32Array,
  segmentSeconds: number,
  epoch: string = EPOCH,
): Record<RenditionName, RenditionFixture> {
  const bytes = packS24le(pcm);
  const flac = fragment(bytes, segmentSeconds, ['-c:a', 'flac', '-frame_size', '1920', '-strict', '-2']);
  const ahead = bytes.subarray(OPUS_LOOKAHEAD_FRAMES * 6);
  const opus = fragment(ahead, segmentSeconds, ['-c:a', 'libopus', '-b:a', '192k']);
  return { hq: withProofs(flac, bytes, segmentSeconds, epoch), lq: withLeadIns(opus) };
}

/** Runs ffmpeg and cuts its fragmented MP4 into an init segment and one piece per fragment. */
function fragment(s24le: Uint8Array, segmentSeconds: number, codec: readonly string[]): RenditionFixture {
  const input = ['-f', 's24le', '-ar', '48000', '-ac', '2', '-i', 'pipe:0'];
  const movflags = 'empty_moov+default_base_moof+skip_trailer';
  const output = ['-f', 'mp4', '-movflags', movflags, '-frag_duration', `${segmentSeconds}000000`, 'pipe:1'];
  const file = execFileSync('ffmpeg', ['-v', 'error', ...input, ...codec, ...output], {
    input: s24le,
    maxBuffer: 2 ** 28,
  });
  const starts = [...walk(file)].filter(({ type }) => type === 'moof').map(({ offset }) => offset);
  const segments = starts.map((start, i) => new Uint8Array(file.subarray(start, starts[i + 1] ?? file.length)));
  return { init: new Uint8Array(file.subarray(0, starts[0])), segments };
}

function withProofs(rendition: RenditionFixture, pcm: Uint8Array, segmentSeconds: number, epoch: string) {
  const frames = segmentSeconds * 48_000;
  const segments = rendition.segments.map((segment, index) => {
    const md5 = pcmMd5(pcm.subarray(index * frames * 6, (index + 1) * frames * 6));
    return Buffer.concat([uuidBox(PROOF_UUID, proofPayload(epoch, index, index * frames, frames, md5)), segment]);
  });
  return { init: rendition.init, segments };
}

/** The payload of a segment proof. */
export function proofPayload(
  epoch: string,
  index: number,
  firstFrame: number,
  frames: number,
  md5: Uint8Array,
): Buffer {
  const numbers = Buffer.alloc(20);
  numbers.writeBigUInt64BE(BigInt(index), 0);
  numbers.writeBigUInt64BE(BigInt(firstFrame), 8);
  numbers.writeUInt32BE(frames, 16);
  return Buffer.concat([Buffer.from([1, 0, 0, 0]), Buffer.from(epoch, 'latin1'), numbers, md5]);
}

function withLeadIns(rendition: RenditionFixture): RenditionFixture {
  const config = parseInit(rendition.init);
  let before: Uint8Array[] = [];
  const segments = rendition.segments.map((segment) => {
    const leadIn = uuidBox(LEAD_IN_UUID, leadInPayload(before));
    before = parseSegment(segment, config)
      .packets.slice(-LEAD_IN_PACKETS)
      .map(({ data }) => data);
    return Buffer.concat([leadIn, segment]);
  });
  return { init: withoutPreSkip(rendition.init), segments };
}

/** A station compensates the look-ahead by feeding and says so: nothing is to be skipped. ffmpeg writes 312. */
function withoutPreSkip(init: Uint8Array): Uint8Array {
  const patched = Buffer.from(init);
  patched.writeUInt16BE(0, patched.indexOf('dOps') + 6);
  return new Uint8Array(patched);
}

/** The payload of a lead-in. */
export function leadInPayload(packets: readonly Uint8Array[]): Buffer {
  const parts = packets.flatMap((packet) => [Buffer.from([packet.length >> 8, packet.length & 0xff]), packet]);
  return Buffer.concat([Buffer.from([1, 0, 0, 0, packets.length]), ...parts]);
}

export function uuidBox(usertype: string, payload: Uint8Array): Buffer {
  return box('uuid', Buffer.concat([Buffer.from(usertype, 'hex'), payload]));
}

export function box(type: string, ...content: readonly Uint8Array[]): Buffer {
  const head = Buffer.alloc(8);
  head.writeUInt32BE(8 + content.reduce((sum, part) => sum + part.length, 0), 0);
  head.write(type, 4, 'latin1');
  return Buffer.concat([head, ...content]);
}
