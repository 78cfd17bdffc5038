import { createHash } from 'node:crypto';
import { expect, it } from 'vitest';
import { randomPcm } from '../../../test/fixtures.ts';
import { Md5 } from './md5.ts';

it('gives the digest of everything, however it was cut', () => {
  const data = new Uint8Array(randomPcm(2000, 5).buffer);
  for (const length of [0, 1, 55, 56, 57, 63, 64, 65, 119, 120, 127, 128, 1000, data.length]) {
    for (const step of [1, 7, 64, 100, 4096]) {
      const md5 = new Md5();
      for (let at = 0; at < length; at += step) md5.update(data.subarray(at, Math.min(length, at + step)));
      const expected = createHash('md5').update(data.subarray(0, length)).digest('hex');
      expect(Buffer.from(md5.digest()).toString('hex')).toBe(expected);
    }
  }
});
