import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { unpackS24le } from '@bucket-radio/pcm';
import { playSignal, serviceOrSkip, whiteNoise } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { openSource } from '../open.ts';

describe.skipIf(!serviceOrSkip('alsa').available)('a PulseAudio source', () => {
  test('captures what was played, and says that it may have been converted', async () => {
    const played = whiteNoise(48_000, 11);
    played[0] = 1;
    const source = await openSource('pulse:deck.monitor');
    expect(source.info).toMatchObject({ kind: 'pulse', fidelity: 'converted', live: true, name: 'deck.monitor' });
    const abort = new AbortController();
    const captured: number[] = [];
    let stopPlaying: (() => void) | undefined;
    let position = 0;
    for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
      expect(chunk.position).toBe(position);
      position += chunk.frames;
      stopPlaying ??= playSignal(played);
      for (const sample of unpackS24le(chunk.data)) if (captured.length > 0 || sample !== 0) captured.push(sample);
      if (captured.length >= played.length || position > 20 * 48_000) abort.abort();
    }
    stopPlaying?.();
    expect(captured.slice(0, played.length).findIndex((sample, index) => sample !== played[index])).toBe(-1);
    expect(source.stats()).toMatchObject({ gaps: 0, frames: position });
  });

  test('a source that does not exist is refused', async () => {
    await expect(openSource('pulse:no-such-source')).rejects.toMatchObject({
      code: 'SourceNotFound',
      message: expect.stringMatching(/PulseAudio source "no-such-source" cannot be opened: .*pactl list short sources/),
    });
  });
});

test('a PipeWire target is asked of pw-record as raw 24-bit stereo on standard output', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'capture-pipewire-'));
  const pwRecord = join(directory, 'pw-record');
  const script = `#!${process.execPath}\nconsole.error(process.argv.slice(2).join(' '));
setInterval(() => process.stdout.write(Buffer.alloc(1920 * 6, 1)), 40);`;
  await writeFile(pwRecord, script);
  await chmod(pwRecord, 0o755);
  const messages: string[] = [];
  const source = await openSource('pipewire:line-in', {
    tools: { pwRecord },
    onMessage: (line) => messages.push(line),
  });
  expect(source.info).toMatchObject({ kind: 'pipewire', fidelity: 'converted' });
  const abort = new AbortController();
  for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
    expect(chunk.data[0]).toBe(1);
    abort.abort();
  }
  expect(messages[0]).toBe('pw-record: --raw --format=s24 --rate=48000 --channels=2 --latency=40ms --target=line-in -');
  await rm(directory, { recursive: true });
});
