import { setFlagsFromString } from 'node:v8';
import { runInNewContext } from 'node:vm';
import { expect, it } from 'vitest';
import { listen, playing } from '../../test/listening.ts';

const seed = Number(process.env['PROVE_SEED'] ?? 1);
const scale = Number(process.env['PROVE_SCALE'] ?? 1);

/** Virtual minutes at scale 1; 24 hours are scale 288. */
const MINUTES = 5 * scale;

/** How far the two sample clocks are apart, in millionths: as bad as cheap crystals get. */
const PPM = 100;

setFlagsFromString('--expose-gc');
const collect = runInNewContext('gc') as () => void;

function heapMb(): number {
  collect();
  return process.memoryUsage().heapUsed / 2 ** 20;
}

it(`plays ${MINUTES} virtual minutes against a drifting clock without one underrun, and the heap does not grow`, async () => {
  let state = seed;
  const random = (): number => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 1;
    return state / 2 ** 31;
  };
  const ppm = seed % 2 === 0 ? -PPM : PPM;
  const l = listen({ segmentSeconds: 2, windowSegments: 15, head: 20, ppm, light: true }, { random }, 200);
  let streams = 0;
  l.engine.on('segment', () => {
    // What was heard is not kept: the list would be the leak.
    l.heard.splice(0, Math.max(0, l.heard.length - 5));
    l.station.requests.splice(0, Math.max(0, l.station.requests.length - 5));
    l.station.successes.splice(0);
    l.decoder.jobs.splice(0);
  });
  await playing(l);
  const heap: number[] = [];
  let latency = 0;
  for (let tenth = 0; tenth < 10; tenth++) {
    await l.clock.advance(MINUTES * 6000);
    heap.push(heapMb());
    latency = Math.max(latency, l.engine.stats.latencySeconds ?? Number.POSITIVE_INFINITY);
    streams = Math.max(streams, l.sink.ring.stream);
  }
  const hours = (MINUTES * 0.8) / 60;
  const slope = ((heap.at(-1) ?? 0) - (heap[1] ?? 0)) / hours;
  console.log(
    JSON.stringify({
      proof: 'player-endurance',
      minutes: MINUTES,
      ppm,
      underruns: l.engine.stats.underruns,
      silentMs: l.sink.silentMs,
      jumps: streams - 1,
      worstLatencySeconds: Number(latency.toFixed(2)),
      heapMb: heap.map((mb) => Number(mb.toFixed(2))),
      heapMbPerHour: Number(slope.toFixed(3)),
    }),
  );
  expect(l.engine.stats.underruns).toBe(0);
  expect(l.sink.silentMs).toBe(0);
  expect(latency).toBeLessThan(9);
  expect(l.errors).toEqual([]);
  // At a small scale the heap says little: warm code weighs more than an hour of playing.
  expect(slope * hours).toBeLessThan(8);
}, 3_600_000);
