import type { Manifest } from '@bucket-radio/manifest';
import { expect, test } from 'vitest';
import { listen, playing } from '../../../test/listening.ts';

const SLOT_MS = 120_000;
const slotAt = (utcMs: number): number => Math.floor(utcMs / SLOT_MS);

test.each([0, -3_600_000])(
  'paths that expire are renewed in time: ten minutes without a gap (clock off by %i ms)',
  async (skewMs) => {
    const l = listen({ segmentSeconds: 10, head: 40, light: true, skewMs }, {}, 200);
    const now = () => l.clock.now() + skewMs;
    l.station.patch = (manifest) => ({
      ...manifest,
      validUntil: (slotAt(now()) + 2) * SLOT_MS,
      renditions: manifest.renditions.map((rendition: Manifest['renditions'][number]) => ({
        ...rendition,
        init: `s/${slotAt(now())}/${rendition.init}`,
        segment: `s/${slotAt(now())}/${rendition.segment}`,
      })),
    });
    let refused = 0;
    const open = l.station.fault;
    l.station.fault = (path) => {
      const slot = /^s\/(\d+)\//.exec(path)?.[1];
      if (slot === undefined || slotAt(now()) - Number(slot) <= 1) return open(path);
      refused += 1;
      return 403;
    };
    l.station.rewrite = (path) => path.replace(/^s\/\d+\//, '');
    await playing(l);
    await l.clock.advance(600_000);
    expect(refused).toBe(0);
    expect(l.engine.stats.underruns).toBe(0);
    expect(l.sink.silentMs).toBe(0);
    expect(new Set(l.station.requests.map(({ path }) => /^s\/(\d+)/.exec(path)?.[1])).size).toBeGreaterThan(4);
  },
);
