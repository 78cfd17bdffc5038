import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';
import { music, pcmBlocks } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { noise, SIGNAL_FAULTS } from '../testing/signal-faults.ts';
import { joined, sine, stereo } from '../testing/signals.ts';
import { type SignalFinding, SignalGuard } from './guard.ts';

const SETTINGS = { silenceDbfs: -65, silenceSeconds: 20, bitDepth: 24 };

interface Told extends Pick<SignalFinding, 'kind' | 'state'> {
  readonly atSecond: number;
}

function listen(samples: Int32Array, settings = SETTINGS): Told[] {
  const told: Told[] = [];
  let frames = 0;
  const guard = new SignalGuard(settings, ({ kind, state }) => {
    told.push({ kind, state, atSecond: frames / SAMPLE_RATE });
  });
  for (const block of pcmBlocks(samples, { segmentFrames: SAMPLE_RATE })) {
    frames += block.frames;
    guard.add(block);
  }
  return told;
}

const GOOD_SECONDS = 6;
const MUSIC = music(30 * SAMPLE_RATE, 3);
const seconds = (from: number, to: number): Int32Array => MUSIC.subarray(from * SAMPLE_RATE * 2, to * SAMPLE_RATE * 2);
const good = (): Int32Array => seconds(0, GOOD_SECONDS);

describe('the signal guard', () => {
  it.each(SIGNAL_FAULTS)('hears $name', ({ kind, withinSeconds, seconds: length, apply }) => {
    const told = listen(joined(good(), apply(seconds(GOOD_SECONDS, GOOD_SECONDS + length)), good()));
    const raised = told.filter(({ state }) => state === 'raised');
    expect(raised.map((each) => each.kind)).toEqual([kind]);
    expect(raised[0]?.atSecond).toBeGreaterThan(GOOD_SECONDS);
    expect(raised[0]?.atSecond).toBeLessThanOrEqual(GOOD_SECONDS + withinSeconds);
  });

  it.each([
    ['music', () => MUSIC],
    ['music at -55 dBFS', () => MUSIC.map((sample) => Math.round(sample * 0.012))],
    ['a pause of 15 seconds', () => joined(good(), stereo(15, noise(-90)), good())],
    [
      'one clipped burst',
      () =>
        joined(
          good(),
          stereo(0.01, () => 1),
          good(),
        ),
    ],
    ['a sustained G1, a hertz from mains', () => stereo(16, (f) => sine(49, -20)(f) + sine(98, -25)(f))],
    ['a bass that swells at 50 Hz', () => stereo(16, (f) => (1 + Math.sin(f / 9000)) * sine(50, -30)(f))],
    [
      'left only for 10 seconds',
      () =>
        joined(
          good(),
          seconds(6, 16).map((sample, i) => (i % CHANNELS === 1 ? 0 : sample)),
          good(),
        ),
    ],
    ['a wide recording', () => stereo(25, noise(-20, 1), noise(-20, 2))],
  ] as const)('keeps quiet about %s', (_what, signal) => {
    expect(listen(signal())).toEqual([]);
  });

  it('expects no 24 bits of a source that says 16', () => {
    const signal = MUSIC.map((sample) => (sample >> 8) << 8);
    expect(listen(signal, { ...SETTINGS, bitDepth: 16 })).toEqual([]);
  });

  it('says when a condition is over, once, however often the level crosses the limit', () => {
    const wobble = joined(...Array.from({ length: 6 }, (_, i) => stereo(2, noise(i % 2 === 0 ? -66 : -63, i + 1))));
    const told = listen(joined(stereo(22, noise(-80)), wobble, good()));
    expect(told.map(({ kind, state }) => `${kind} ${state}`)).toEqual(['silence raised', 'silence cleared']);
  });
});
