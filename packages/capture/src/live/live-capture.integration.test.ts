import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { framesToMs, type PcmGap, unpackS24le } from '@bucket-radio/pcm';
import { findBinary, playSignal, serviceOrSkip, whiteNoise } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open.ts';

/** A 24-bit signal that says at every frame which frame it is: left counts, right is noise. */
function numbered(frames: number): Int32Array {
  const samples = whiteNoise(frames, 7);
  for (let frame = 0; frame < frames; frame++) samples[frame * 2] = frame + 1;
  return samples;
}

describe.skipIf(!serviceOrSkip('alsa').available)('a live source in real time', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'capture-live-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  /** arecord, that says its process id first. */
  function arecordWithPid(): string {
    const path = join(directory, 'arecord');
    writeFileSync(path, `#!/bin/sh\necho "pid $$" >&2\nexec '${findBinary('arecord')}' "$@"\n`);
    chmodSync(path, 0o755);
    return path;
  }

  test('a reader frozen for 1.5 s and for 5 s loses nothing of a 24-bit signal, and no gap is claimed', async () => {
    const played = numbered(10 * 48_000);
    let pid = 0;
    const source = await openSource('alsa:deck', {
      tools: { arecord: arecordWithPid() },
      onMessage: (line) => {
        pid = Number(/pid (\d+)/.exec(line)?.[1] ?? pid);
      },
    });
    const abort = new AbortController();
    const captured: number[] = [];
    const freezes = [
      { atFrame: 48_000, ms: 1_500 },
      { atFrame: 4 * 48_000, ms: 5_000 },
    ];
    let stopPlaying: (() => void) | undefined;
    let position = 0;
    for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
      position += chunk.frames;
      stopPlaying ??= playSignal(played);
      for (const sample of unpackS24le(chunk.data)) if (captured.length > 0 || sample !== 0) captured.push(sample);
      const freeze = freezes[0];
      if (freeze !== undefined && captured.length / 2 >= freeze.atFrame) {
        freezes.shift();
        process.kill(pid, 'SIGSTOP');
        setTimeout(() => process.kill(pid, 'SIGCONT'), freeze.ms);
      }
      if (captured.length >= played.length || position > 30 * 48_000) abort.abort();
    }
    stopPlaying?.();
    expect(freezes).toEqual([]);
    expect(source.stats()).toMatchObject({ gaps: 0, lostMs: 0, frames: position, trueBitDepth: 24 });
    expect(captured.slice(0, played.length).findIndex((sample, index) => sample !== played[index])).toBe(-1);
  });

  // On a sound server of its own with one sink: PulseAudio moves a recording whose source is gone to any other source.
  test('a sink that is unloaded and loaded again makes exactly one gap, of the length it was away', async () => {
    const script = fileURLToPath(new URL('../../../../scripts/services/fake-soundcard.sh', import.meta.url));
    const soundcard = join(directory, 'own');
    const lines = execFileSync('bash', [script, 'start', soundcard], { encoding: 'utf8' }).trim().split('\n');
    const env = { ...process.env, ...Object.fromEntries(lines.map((line) => line.split('=', 2))) };
    const pactl = (...args: string[]): string => execFileSync('pactl', args, { encoding: 'utf8', env }).trim();
    const load = (): void => {
      pactl('load-module', 'module-null-sink', 'sink_name=deck', 'rate=48000', 'format=s32le', 'channels=2');
    };
    const arecord = join(directory, 'arecord-own');
    writeFileSync(arecord, `#!/bin/sh\nexport ${lines.join(' ')}\nexec '${findBinary('arecord')}' "$@"\n`);
    chmodSync(arecord, 0o755);
    try {
      pactl('unload-module', 'module-null-sink');
      load();
      const source = await openSource('alsa:deck', { tools: { arecord } });
      const abort = new AbortController();
      const gaps: PcmGap[] = [];
      let position = 0;
      let framesAfter = 0;
      /** The least of (arrival - position) before and after: equal when the timeline is as long as the time that passed. */
      const least = { before: Number.POSITIVE_INFINITY, after: Number.POSITIVE_INFINITY };
      let unloaded = false;
      for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
        position += chunk.frames;
        gaps.push(...(chunk.gaps ?? []));
        const part = gaps.length > 0 ? 'after' : unloaded ? undefined : 'before';
        if (part !== undefined) least[part] = Math.min(least[part], performance.now() - framesToMs(position));
        if (!unloaded && position > 3 * 48_000) {
          pactl('unload-module', 'module-null-sink');
          unloaded = true;
          setTimeout(load, 1_500);
        }
        if (gaps.length > 0) framesAfter += chunk.frames;
        if (framesAfter > 3 * 48_000 || position > 60 * 48_000) abort.abort();
      }
      expect(gaps).toEqual([{ position: expect.any(Number), frames: expect.any(Number), reason: 'unplug' }]);
      expect(gaps[0]?.frames).toBeGreaterThan(1.5 * 48_000);
      expect(Math.abs(least.after - least.before)).toBeLessThan(25);
      expect(source.stats()).toMatchObject({ gaps: 1, lostMs: framesToMs(gaps[0]?.frames ?? 0) });
    } finally {
      execFileSync('bash', [script, 'stop', soundcard]);
    }
  });
});
