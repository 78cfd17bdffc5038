import type { EncodedSegment, FlacFrame, OpusPacket, RenditionName, SegmentEnd } from '@bucket-radio/pcm';
import { readMediaObject, seededRandom } from '@bucket-radio/testing';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { findBox } from './boxes.ts';
import { createSegmentMuxer, type SegmentMuxer } from './segment-muxer.ts';
import { leadInBox, segmentProofBox } from './uuid-boxes.ts';

const EPOCH = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const F = 48_000;
const FRAMES: Readonly<Record<RenditionName, number>> = { hq: 1920, lq: 960 };
const renditions: readonly RenditionName[] = ['hq', 'lq'];

type Unit = FlacFrame | OpusPacket;

function muxer(rendition: RenditionName): SegmentMuxer {
  return createSegmentMuxer({ rendition, epoch: EPOCH, segmentSeconds: 1 });
}

/** Units of segment `index`: random sizes and contents, which the muxer must not care about. */
function unitsOf(rendition: RenditionName, index: number, frames: number = F): Unit[] {
  const random = seededRandom(index + 1);
  const units: Unit[] = [];
  for (let from = 0; from < frames; from += FRAMES[rendition]) {
    const data = Uint8Array.from({ length: 10 + Math.floor(random() * 500) }, () => random() * 256);
    units.push({ position: index * F + from, frames: Math.min(FRAMES[rendition], frames - from), data });
  }
  return units;
}

function endOf(index: number, frames: number = F): SegmentEnd {
  return {
    index,
    position: index * F,
    frames,
    utcMs: 1_000_000 + index * 1000,
    pcmMd5: new Uint8Array(16).fill(index),
  };
}

async function muxAll(rendition: RenditionName, first: number, count: number): Promise<EncodedSegment[]> {
  const target = muxer(rendition);
  const segments: EncodedSegment[] = [];
  for (let index = first; index < first + count; index++) {
    target.endSegment(endOf(index));
    segments.push(...(await target.push(unitsOf(rendition, index))));
  }
  return segments;
}

afterEach(() => {
  vi.useRealTimers();
});

describe.each(renditions)('the %s muxer', (rendition) => {
  it('completes a segment with its last unit, whatever the batches', async () => {
    const random = seededRandom(11);
    const target = muxer(rendition);
    for (let index = 5; index < 9; index++) {
      const units = unitsOf(rendition, index);
      while (units.length > 0) {
        const batch = units.splice(0, 1 + Math.floor(random() * 4));
        if (units.length === 0) target.endSegment(endOf(index));
        const done = await target.push(batch);
        expect(done.map((segment) => segment.index)).toEqual(units.length === 0 ? [index] : []);
      }
    }
  });

  it('describes every unit: bytes, durations, and the exact station frame', async () => {
    const far = 9_000_000;
    for (const [n, segment] of (await muxAll(rendition, far, 2)).entries()) {
      const index = far + n;
      const object = readMediaObject(segment.data);
      expect(segment).toMatchObject({ rendition, index, position: index * F, frames: F, utcMs: endOf(index).utcMs });
      expect(object.decodeTime).toBe(index * F);
      expect(object.sequence).toBe(index + 1);
      expect(object.samples).toEqual(
        unitsOf(rendition, index).map((unit) => ({ duration: unit.frames, data: unit.data })),
      );
    }
  });

  it('ends a stream with a shorter segment', async () => {
    const target = muxer(rendition);
    target.endSegment(endOf(0, 5000));
    const [segment] = await target.push(unitsOf(rendition, 0, 5000));
    const durations = readMediaObject(segment!.data).samples.map((sample) => sample.duration);
    expect(durations.reduce((sum, duration) => sum + duration, 0)).toBe(5000);
    expect(segment?.frames).toBe(5000);
  });

  it('describes units of one size', async () => {
    const target = muxer(rendition);
    target.endSegment(endOf(0));
    const units = unitsOf(rendition, 0).map((unit, i) => ({ ...unit, data: new Uint8Array(14).fill(i) }));
    const [segment] = await target.push(units);
    expect(readMediaObject(segment!.data).samples.map((sample) => sample.data)).toEqual(units.map((unit) => unit.data));
  });

  it('makes the same bytes of the same input on another day and after a restart', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: new Date('2026-11-20T00:00:00Z') });
    const [, first] = await muxAll(rendition, 41, 2);
    vi.setSystemTime(new Date('2039-01-01T00:00:00Z'));
    const [, second] = await muxAll(rendition, 41, 2);
    expect(Buffer.from(second!.data).equals(first!.data)).toBe(true);
    const [restarted] = await muxAll(rendition, 5000, 1);
    expect(Buffer.from(restarted!.init).equals(first!.init)).toBe(true);
  });

  it('refuses a start inside a segment, a hole, and a segment without an end', async () => {
    const units = unitsOf(rendition, 0);
    await expect(muxer(rendition).push(units.slice(1))).rejects.toThrow('start at a multiple of 48000');
    const holed = muxer(rendition);
    await holed.push(units.slice(0, 2));
    await expect(holed.push(units.slice(3))).rejects.toMatchObject({ code: 'timeline' });
    await expect(muxer(rendition).push(units)).rejects.toThrow('call endSegment before');
    expect(() => muxer(rendition).endSegment({ ...endOf(3), position: 1 })).toThrow('it starts at 144000');
  });
});

describe('the hq muxer', () => {
  it('leads a segment with its proof', async () => {
    const [segment] = await muxAll('hq', 7, 1);
    const object = readMediaObject(segment!.data);
    expect(object.types).toEqual(['uuid', 'moof', 'mdat']);
    expect(object.leading).toEqual(segmentProofBox(EPOCH, endOf(7)));
  });

  it('declares 24 bit in its init segment, and no times', async () => {
    const [segment] = await muxAll('hq', 0, 1);
    const view = new DataView(segment!.init.buffer);
    const entry = findBox(segment!.init, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'fLaC'])!;
    expect([view.getUint16(entry + 24), view.getUint16(entry + 26)]).toEqual([2, 24]);
    for (const path of [['mvhd'], ['trak', 'tkhd'], ['trak', 'mdia', 'mdhd']]) {
      const box = findBox(segment!.init, ['moov', ...path])!;
      expect([view.getUint32(box + 12), view.getUint32(box + 16)]).toEqual([0, 0]);
    }
    expect(findBox(segment!.init, ['moov', 'trak', 'edts'])).toBeUndefined();
  });
});

describe('the lq muxer', () => {
  it('leads a segment with the five packets before it, except the first of a run', async () => {
    const segments = await muxAll('lq', 20, 3);
    const [first, second] = segments.map((segment) => readMediaObject(segment.data));
    expect(first?.types).toEqual(['moof', 'mdat']);
    expect(second?.types).toEqual(['uuid', 'moof', 'mdat']);
    expect(second?.leading).toEqual(
      leadInBox(
        unitsOf('lq', 20)
          .map((unit) => unit.data)
          .slice(-5),
      ),
    );
  });

  it('declares no pre-skip and no edit list', async () => {
    const [segment] = await muxAll('lq', 0, 1);
    const entry = findBox(segment!.init, ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'Opus'])!;
    // The sample entry's 36 bytes, then dOps: header, version, channels, pre-skip, rate, gain, family.
    expect(Buffer.from(segment!.init).toString('hex', entry + 36, entry + 36 + 19)).toBe(
      '00000013' + '644f7073' + '00' + '02' + '0000' + '0000bb80' + '0000' + '00',
    );
    expect(findBox(segment!.init, ['moov', 'trak', 'edts'])).toBeUndefined();
  });
});
