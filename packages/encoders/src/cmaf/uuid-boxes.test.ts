import { toHex } from '@bucket-radio/pcm';
import { describe, expect, it } from 'vitest';
import { leadInBox, segmentProofBox } from './uuid-boxes.ts';

const EPOCH = '01ARZ3NDEKTSV4RRFFQ69G5FAV';
const pcmMd5 = Uint8Array.from({ length: 16 }, (_, i) => i);

describe('the segment proof box', () => {
  it('is these 90 bytes', () => {
    const end = { index: 2 ** 33 + 1, position: 2 ** 49 + 5, frames: 480_000, utcMs: 0, pcmMd5 };
    expect(toHex(segmentProofBox(EPOCH, end))).toBe(
      [
        '0000005a',
        '75756964',
        '6f1d5c1e8a544d8e9f0b2c6b7a3e5d10',
        '01000000',
        Buffer.from(EPOCH).toString('hex'),
        '0000000200000001',
        '0002000000000005',
        '00075300',
        '000102030405060708090a0b0c0d0e0f',
      ].join(''),
    );
  });

  it('refuses an epoch that is not 26 characters', () => {
    const end = { index: 0, position: 0, frames: 1, utcMs: 0, pcmMd5 };
    expect(() => segmentProofBox('short', end)).toThrow('use a ULID of 26 characters');
  });
});

describe('the lead-in box', () => {
  it('holds the packets with their lengths, oldest first', () => {
    const packets = [Uint8Array.of(1), Uint8Array.of(2, 3, 4), new Uint8Array(300).fill(9)];
    expect(toHex(leadInBox(packets))).toBe(
      [
        (28 + 1 + 3 + 5 + 302).toString(16).padStart(8, '0'),
        '75756964',
        '6f1d5c1e8a544d8e9f0b2c6b7a3e5d11',
        '01000000',
        '03',
        '000101',
        '0003020304',
        `012c${'09'.repeat(300)}`,
      ].join(''),
    );
  });

  it('is absent when there is nothing before', () => {
    expect(leadInBox([])).toHaveLength(0);
  });
});
