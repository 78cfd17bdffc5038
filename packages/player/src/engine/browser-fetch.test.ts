import { expect, it } from 'vitest';
import { listen } from '../../test/listening.ts';
import { VirtualSink } from '../../test/virtual-audio.ts';
import { VirtualClock } from '../../test/virtual-clock.ts';
import { VirtualStation } from '../../test/virtual-station.ts';
import type { Output } from './output/output.ts';

it('a browser that fetches by itself is looked after however much it has fetched', async () => {
  const clock = new VirtualClock();
  const station = new VirtualStation(clock, { segmentSeconds: 2, windowSegments: 15, head: 40 });
  let looks = 0;
  const output: Output = {
    sink: Object.defineProperty(new VirtualSink(clock, 100), 'bufferedFrames', { value: 300 * 48_000 }),
    codecs: [],
    browserFetch: async () => ({
      shifted: false,
      watch: async (_, signal) => {
        looks++;
        await clock.sleep(2000, signal);
        return true;
      },
    }),
    open: async () => undefined,
    begin: () => {
      throw new Error('no segment comes this way');
    },
    stop: async () => undefined,
  };
  const l = listen({}, { clock, fetch: station.fetch, createOutput: () => output });
  l.engine.play();
  await clock.advance(20_000);
  expect(looks).toBeGreaterThanOrEqual(5);
  expect(station.requests.length).toBeGreaterThanOrEqual(looks);
});
