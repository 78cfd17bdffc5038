import { describe, expect, it } from 'vitest';
import { createPacketSlab } from './packet-slab.ts';

describe('a packet slab', () => {
  it('keeps every packet as it was, whatever is kept after it and whatever becomes of its source', () => {
    const keep = createPacketSlab();
    const source = new Uint8Array(3828);
    const kept = Array.from({ length: 200 }, (_, n) => {
      const packet = source.subarray(0, 1 + ((n * 739) % 3828)).fill(n);
      return keep(packet);
    });
    source.fill(255);
    for (const [n, packet] of kept.entries()) {
      expect(packet).toEqual(new Uint8Array(1 + ((n * 739) % 3828)).fill(n));
    }
    expect(new Set(kept.map(({ buffer }) => buffer)).size).toBeLessThan(kept.length);
  });
});
