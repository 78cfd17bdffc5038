import { CHANNELS } from '@bucket-radio/pcm';
import { music, seededRandom, tone, whiteNoise } from '@bucket-radio/testing';
import { describe, expect, it } from 'vitest';
import { measureAlignment } from './alignment.ts';

const FRAMES = 96_000;

/** What a lossy codec might give: 16 bit, a little noise, and `lag` frames late. */
function coded(samples: Int32Array, lag: number, noise = 1000): Int16Array {
  const random = seededRandom(5);
  return Int16Array.from(samples, (_, i) => {
    const source = samples[i - lag * CHANNELS] ?? 0;
    return Math.max(-32_768, Math.min(32_767, Math.round(source / 256 + (random() - 0.5) * noise)));
  });
}

describe('alignment', () => {
  it('finds any lag to the frame, in either direction', () => {
    const source = music(FRAMES, 3);
    for (const lag of [0, 1, -1, 312, -312, 960, -960, 4800, -4800]) {
      expect(measureAlignment(source, coded(source, lag))).toMatchObject({ decided: true, lag });
    }
  });

  it('is not misled by a constant offset or by opposite channels', () => {
    const source = music(FRAMES, 3).map((sample, i) => (i % 2 === 0 ? (sample >> 2) + 4_000_000 : 0));
    for (let i = 0; i < source.length; i += 2) source[i + 1] = -source[i]!;
    expect(measureAlignment(source, coded(source, -700))).toMatchObject({ decided: true, lag: -700 });
  });

  it('looks where the programme is', () => {
    const source = music(FRAMES, 3);
    source.fill(0, 0, FRAMES);
    expect(measureAlignment(source, coded(source, 960))).toMatchObject({ decided: true, lag: 960 });
  });

  it('does not decide on silence, noise without a trace, or a tone', () => {
    const silence = new Int32Array(FRAMES * CHANNELS);
    expect(measureAlignment(silence, coded(silence, 0))).toMatchObject({ decided: false, reason: 'quiet' });
    const source = music(FRAMES, 3);
    expect(measureAlignment(source, coded(silence, 0, 0))).toMatchObject({ decided: false, reason: 'quiet' });
    const [noise, other] = [whiteNoise(FRAMES, 1), whiteNoise(FRAMES, 2)];
    expect(measureAlignment(noise, coded(other, 0))).toMatchObject({ decided: false, reason: 'noise' });
    const sine = tone(FRAMES, 1000);
    expect(measureAlignment(sine, coded(sine, 960))).toMatchObject({ decided: false, reason: 'periodic' });
  });
});
