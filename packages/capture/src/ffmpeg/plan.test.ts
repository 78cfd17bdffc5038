import { describe, expect, test } from 'vitest';
import { planConversion } from './plan.ts';

const FLAC24 = { codec: 'flac', sampleRate: 48_000, channels: 2, sampleFormat: 's32', bitDepth: 24 };

describe('what happens to the samples of a file', () => {
  test.each([
    ['24-bit FLAC', FLAC24, 24],
    ['16-bit WAV', { ...FLAC24, codec: 'pcm_s16le', sampleFormat: 's16', bitDepth: 16 }, 16],
    ['20-bit ALAC', { ...FLAC24, codec: 'alac', sampleFormat: 's32p', bitDepth: 20 }, 20],
    ['mono WAV', { ...FLAC24, codec: 'pcm_s24le', channels: 1 }, 24],
  ])('%s at 48 kHz passes bit-perfect, with no filter', (_, stream, bitDepth) => {
    const plan = planConversion(stream, 'x');
    expect(plan).toMatchObject({ fidelity: 'bit-perfect', bitDepth });
    expect(plan.filter).toBeUndefined();
  });

  test.each([
    ['another rate', { ...FLAC24, sampleRate: 44_100 }, /resampled to 48000 Hz/],
    ['a lossy codec', { ...FLAC24, codec: 'mp3', sampleFormat: 'fltp', bitDepth: 0 }, /lossy/],
    ['logarithmic PCM', { ...FLAC24, codec: 'pcm_mulaw', sampleFormat: 's16', bitDepth: 8 }, /lossy/],
    ['floating point', { ...FLAC24, codec: 'wavpack', sampleFormat: 'fltp', bitDepth: 32 }, /floating point/],
    ['floating-point PCM', { ...FLAC24, codec: 'pcm_f32le', sampleFormat: 'flt', bitDepth: 32 }, /floating point/],
    ['32 bits', { ...FLAC24, codec: 'pcm_s32le', bitDepth: 32 }, /32 bit cut to 24/],
    ['5.1', { ...FLAC24, channels: 6 }, /6 channels mixed down/],
  ])('%s is converted, and the line says why', (_, stream, why) => {
    const plan = planConversion(stream, 'x');
    expect(plan.fidelity).toBe('converted');
    expect(plan.detail).toMatch(why);
  });

  test('mono is asked from ffmpeg as mono, because its up-mix may scale', () => {
    const plan = planConversion({ ...FLAC24, channels: 1 }, 'x');
    expect(plan.outputChannels).toBe(1);
    expect(plan.detail).toMatch(/mono in both channels/);
  });

  test('a stream without channels is refused', () => {
    expect(() => planConversion({ ...FLAC24, channels: 0 }, 'x')).toThrow(/no sample rate or channels/);
  });
});
