import { describe, expect, it } from 'vitest';
import { box, EPOCH, leadInPayload, proofPayload, uuidBox } from '../../../test/fixtures.ts';
import { makeInit, makeSegment, STREAMINFO, u32 } from '../../../test/mux.ts';
import { PlayerError } from '../error.ts';
import { parseInit } from './init.ts';
import { MAX_SEGMENT_BYTES, MAX_SEGMENT_PACKETS, parseSegment } from './segment.ts';
import { LEAD_IN_UUID, PROOF_UUID } from './uuid.ts';

const flac = parseInit(makeInit('flac'));
const packets = [
  { data: Buffer.from('first'), frames: 1920 },
  { data: Buffer.from('second packet'), frames: 1920 },
  { data: Buffer.from('3'), frames: 960 },
];
const md5 = Buffer.from('00112233445566778899aabbccddeeff', 'hex');
const proof = uuidBox(PROOF_UUID, proofPayload(EPOCH, 7, 3_360_000, 4800, md5));
const segment = Buffer.concat([proof, makeSegment(3_360_000, packets)]);

function fault(run: () => unknown): PlayerError {
  try {
    run();
  } catch (error) {
    if (error instanceof PlayerError) return error;
    throw error;
  }
  throw new Error('was accepted');
}

describe('an init segment', () => {
  it('of FLAC becomes the description that WebCodecs asks for', () => {
    expect(flac).toMatchObject({ codec: 'flac', sampleRate: 48_000, channels: 2 });
    expect(Buffer.from(flac.description!)).toEqual(
      Buffer.concat([Buffer.from('fLaC'), Buffer.from([0x80, 0, 0, 34]), STREAMINFO]),
    );
  });

  it('of Opus needs no description', () => {
    expect(parseInit(makeInit('opus'))).toEqual({
      codec: 'opus',
      sampleRate: 48_000,
      channels: 2,
      defaultFrames: 0,
      defaultBytes: 0,
    });
  });

  it('gives the defaults that a segment may leave out', () => {
    expect(parseInit(makeInit('opus', [960, 400]))).toMatchObject({ defaultFrames: 960, defaultBytes: 400 });
  });

  it('of another codec is refused by name', () => {
    const aac = Buffer.from(makeInit('opus'));
    aac.write('mp4a', aac.indexOf('Opus'), 'latin1');
    expect(fault(() => parseInit(aac)).message).toBe('sample entry "mp4a"; this player reads "fLaC" and "Opus"');
  });

  it('that is an HTML page is refused', () => {
    expect(fault(() => parseInit(Buffer.from('<!doctype html><title>404</title>'))).code).toBe('SegmentCorrupt');
  });

  it('is refused wherever it is cut off', () => {
    const whole = makeInit('flac');
    for (let length = 0; length < whole.length; length++) {
      expect(fault(() => parseInit(whole.subarray(0, length))).code).toBe('SegmentCorrupt');
    }
  });
});

describe('a media segment', () => {
  it('gives position, packets and proof', () => {
    const parsed = parseSegment(segment, flac);
    expect(parsed.position).toBe(3_360_000);
    expect(parsed.frames).toBe(4800);
    expect(parsed.packets.map(({ data, frames }) => [Buffer.from(data).toString(), frames])).toEqual([
      ['first', 1920],
      ['second packet', 1920],
      ['3', 960],
    ]);
    expect({ ...parsed.proof, pcmMd5: Array.from(parsed.proof!.pcmMd5) }).toEqual({
      epoch: EPOCH,
      index: 7,
      firstFrame: 3_360_000,
      frames: 4800,
      pcmMd5: Array.from(md5),
    });
    expect(parsed.leadIn).toEqual([]);
  });

  it('gives the lead-in, oldest first', () => {
    const leadIn = uuidBox(LEAD_IN_UUID, leadInPayload([Buffer.from('a'), Buffer.alloc(300, 'b')]));
    const parsed = parseSegment(Buffer.concat([leadIn, segment]), flac);
    expect(parsed.leadIn.map((packet) => Buffer.from(packet).toString())).toEqual(['a', 'b'.repeat(300)]);
  });

  it('keeps its place after 10⁶ seconds', () => {
    expect(parseSegment(makeSegment(48_000_000_000, packets), flac).position).toBe(48_000_000_000);
  });

  it('reads boxes with 64-bit sizes, boxes up to the end of the file, and skips what it does not know', () => {
    const media = makeSegment(0, packets);
    const large = Buffer.concat([u32(1), Buffer.from('free'), u32(0, 20), Buffer.from('data')]);
    const last = Buffer.concat([u32(0), Buffer.from('skip'), Buffer.from('to the end')]);
    expect(parseSegment(Buffer.concat([large, media, last]), flac).frames).toBe(4800);
  });

  it('ignores uuid boxes of others, and its own of a later version', () => {
    const foreign = uuidBox('000102030405060708090a0b0c0d0e0f', Buffer.from('x'));
    const later = uuidBox(PROOF_UUID, Buffer.concat([Buffer.from([2, 0, 0, 0]), Buffer.from('?')]));
    const parsed = parseSegment(Buffer.concat([foreign, later, makeSegment(0, packets)]), flac);
    expect(parsed.proof).toBeUndefined();
  });

  it('takes duration and size of packets from tfhd, else from the init segment', () => {
    const data = Buffer.from('aaaabbbb');
    const build = (tfhd: Buffer) => {
      const tfdt = box('tfdt', u32(0, 96_000));
      const moof = (offset: number) => box('moof', box('traf', tfhd, tfdt, box('trun', u32(0x1, 2, offset))));
      return Buffer.concat([moof(moof(0).length + 8), box('mdat', data)]);
    };
    const fromTfhd = parseSegment(build(box('tfhd', u32(0x02_00_18, 1, 960, 4))), flac);
    const fromInit = parseSegment(build(box('tfhd', u32(0x02_00_00, 1))), parseInit(makeInit('opus', [960, 4])));
    for (const parsed of [fromTfhd, fromInit]) {
      expect(parsed.position).toBe(96_000);
      expect(parsed.packets.map((packet) => Buffer.from(packet.data).toString())).toEqual(['aaaa', 'bbbb']);
      expect(parsed.frames).toBe(1920);
    }
  });

  it('is refused wherever it is cut off inside a box', () => {
    const boundaries = new Set([proof.length, proof.length + 16]);
    for (let length = 0; length < segment.length; length++) {
      if (boundaries.has(length)) continue;
      expect(fault(() => parseSegment(segment.subarray(0, length), flac)).code).toBe('SegmentCorrupt');
    }
  });

  it('with any byte changed is either read or refused, and never reads outside itself', () => {
    let state = 1;
    const random = (limit: number) => {
      state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
      return state % limit;
    };
    for (let round = 0; round < 5000; round++) {
      const damaged = Buffer.from(segment);
      for (let n = 0; n <= random(4); n++) damaged[random(damaged.length)] = random(256);
      try {
        for (const { data } of parseSegment(damaged, flac).packets) expect(data.length).toBeLessThan(segment.length);
      } catch (error) {
        expect(error).toBeInstanceOf(PlayerError);
      }
    }
  });

  it('has a limit in bytes, in packets and in the lead-in', () => {
    expect(fault(() => parseSegment(new Uint8Array(MAX_SEGMENT_BYTES + 1), flac)).message).toContain('at most 8388608');
    const many = Array.from({ length: MAX_SEGMENT_PACKETS + 1 }, () => ({ data: Buffer.from('x'), frames: 1 }));
    expect(fault(() => parseSegment(makeSegment(0, many), flac)).message).toContain('more than 4096 packets');
    const leadIn = uuidBox(LEAD_IN_UUID, leadInPayload(Array.from({ length: 33 }, () => Buffer.from('x'))));
    expect(fault(() => parseSegment(leadIn, flac)).message).toContain('at most 32');
  });
});
