import { afterEach } from 'vitest';
import { createRadioEngine } from '../src/engine/engine.ts';
import type { PlayerError } from '../src/engine/error.ts';
import type { RadioEngine, RadioEngineOptions } from '../src/engine/types.ts';
import { VirtualDecoder, VirtualSink } from './virtual-audio.ts';
import { VirtualClock } from './virtual-clock.ts';
import { VirtualStation, type VirtualStationOptions } from './virtual-station.ts';

/** A listener on a virtual clock, and what they hear. */
export interface Listening {
  readonly clock: VirtualClock;
  readonly station: VirtualStation;
  readonly sink: VirtualSink;
  readonly decoder: VirtualDecoder;
  readonly engine: RadioEngine;
  /** `hq 3`, `lq 4`, … as they are heard. */
  readonly heard: string[];
  readonly states: string[];
  readonly errors: PlayerError[];
}

/** A title, and when the listener was told of it. */
export interface NowPlayingHeard {
  readonly title: string | undefined;
  readonly at: number;
}

const engines: RadioEngine[] = [];

afterEach(async () => {
  for (const engine of engines.splice(0)) await engine.dispose();
});

/**
 * An engine that plays a virtual station; disposed of when the test ends.
 * @param tickMs how often the sound card asks for samples: larger is faster to simulate, and coarser
 */
export function listen(
  stationOptions: VirtualStationOptions = {},
  engineOptions: Partial<RadioEngineOptions> = {},
  tickMs: number = 40,
): Listening {
  const clock = new VirtualClock();
  const station = new VirtualStation(clock, stationOptions);
  const sink = new VirtualSink(clock, tickMs);
  const decoder = new VirtualDecoder();
  const engine = createRadioEngine({
    src: 'https://bucket.example/live/manifest.json',
    fetch: station.fetch,
    clock,
    random: () => 0.5,
    createSink: () => sink,
    createDecoder: () => Promise.resolve(decoder),
    ...engineOptions,
  });
  const heard: string[] = [];
  const states: string[] = [];
  const errors: PlayerError[] = [];
  engine.on('segment', ({ rendition, index }) => heard.push(`${rendition} ${index}`));
  engine.on('state', (state) => states.push(state));
  engine.on('error', (error) => errors.push(error));
  engines.push(engine);
  return { clock, station, sink, decoder, engine, heard, states, errors };
}

/** Presses play and waits for sound. */
export async function playing({ engine, clock }: Listening): Promise<void> {
  engine.play();
  await clock.until(() => engine.state === 'playing');
}

/** `hq 3`, `hq 4`, … */
export function run(rendition: string, first: number, count: number): string[] {
  return Array.from({ length: count }, (_, i) => `${rendition} ${first + i}`);
}
