import { unpackS24le } from '@bucket-radio/pcm';
import { playSignal, serviceOrSkip } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { listDevices } from '../devices.ts';
import { openSource } from '../open.ts';

/** Seeded 24-bit stereo noise at −12 dBFS that starts with a sample that is not zero. */
function noise(frames: number): Int32Array {
  let state = 99;
  return Int32Array.from({ length: frames * 2 }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return state >> 10 || 1;
  });
}

describe.skipIf(!serviceOrSkip('alsa').available)('an ALSA source on a sound card', () => {
  test('captures what was played, sample for sample', async () => {
    const played = noise(3 * 48_000);
    const messages: string[] = [];
    const source = await openSource('alsa:deck', { onMessage: (line) => messages.push(line) });
    expect(source.info).toMatchObject({ kind: 'alsa', name: 'deck', fidelity: 'converted', live: true });

    const abort = new AbortController();
    const captured: number[] = [];
    let stopPlaying: (() => void) | undefined;
    let position = 4800;
    for await (const chunk of source.chunks({ startFrame: 4800, signal: abort.signal })) {
      expect(chunk.position).toBe(position);
      position += chunk.frames;
      stopPlaying ??= playSignal(played);
      for (const sample of unpackS24le(chunk.data)) if (captured.length > 0 || sample !== 0) captured.push(sample);
      if (captured.length >= played.length || position > 20 * 48_000) abort.abort();
    }
    stopPlaying?.();
    expect(messages).toEqual([]);
    expect(captured.length).toBeGreaterThanOrEqual(played.length);
    expect(captured.findIndex((sample, index) => index < played.length && sample !== played[index])).toBe(-1);
  });

  test('a PCM that does not exist is refused', async () => {
    await expect(openSource('alsa:no-such-pcm')).rejects.toMatchObject({
      code: 'SourceNotFound',
      message: expect.stringMatching(/"no-such-pcm" was not found/),
    });
  });

  test('the named PCMs are listed', async () => {
    expect((await listDevices()).pcms.map(({ name }) => name)).toContain('deck');
  });
});
