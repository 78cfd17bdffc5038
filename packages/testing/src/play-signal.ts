import { spawn } from 'node:child_process';
import { closeSync, mkdtempSync, openSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { BYTES_PER_FRAME, packS24le, SAMPLE_RATE } from '@bucket-radio/pcm';

/**
 * Plays 24-bit stereo into a PulseAudio sink, once. The player reads a file, so that sound goes on whatever this process is
 * doing. A second of silence comes first: PulseAudio rewinds a sink when a stream starts, and its monitor misses what is
 * rewritten.
 * @returns what ends it early
 */
export function playSignal(samples: Int32Array, sink = 'deck'): () => void {
  const directory = mkdtempSync(join(tmpdir(), 'play-signal-'));
  const path = join(directory, 'signal.raw');
  writeFileSync(path, Buffer.concat([Buffer.alloc(SAMPLE_RATE * BYTES_PER_FRAME), packS24le(samples)]));
  const file = openSync(path, 'r');
  const format = ['--raw', '--format=s24le', `--rate=${SAMPLE_RATE}`, '--channels=2', '--latency-msec=1000'];
  const player = spawn('pacat', ['--playback', '-d', sink, ...format], { stdio: [file, 'ignore', 'inherit'] });
  // The player has its own handle.
  closeSync(file);
  rmSync(directory, { recursive: true });
  return () => void player.kill();
}
