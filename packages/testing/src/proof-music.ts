import { spawnSync } from 'node:child_process';
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import { BYTES_PER_FRAME, CHANNELS, SAMPLE_RATE, unpackS24le } from '@bucket-radio/pcm';
import { music } from './signals.ts';

/** The directory of recorded music that a proof is to use; none: music is made. */
const DIRECTORY = process.env['PROVE_MUSIC'];

/**
 * Music for a proof: recorded, as 48 kHz / 24 bit, from the files in the directory that `PROVE_MUSIC` names, starting with the
 * file that the seed chooses; else what {@link music} makes. Interleaved stereo.
 * @throws Error when the directory has not enough of it
 */
export function proofMusic(frames: number, seed = 1): Int32Array {
  if (DIRECTORY === undefined) return music(frames, seed);
  const files = readdirSync(DIRECTORY)
    .filter((name) => /\.(ogg|flac|wav|mp3)$/.test(name))
    .sort();
  const samples = new Int32Array(frames * CHANNELS);
  let filled = 0;
  for (let n = 0; n < files.length && filled < samples.length; n++) {
    const missing = (samples.length - filled) / CHANNELS / SAMPLE_RATE;
    const piece = decode(join(DIRECTORY, files[(seed + n) % files.length] as string), missing);
    const taken = piece.subarray(0, samples.length - filled);
    samples.set(taken, filled);
    filled += taken.length;
  }
  if (filled === samples.length) return samples;
  throw new Error(`PROVE_MUSIC: ${DIRECTORY} has ${filled / CHANNELS} frames of music; ${frames} are needed`);
}

/** At least `seconds` of a file, or all of it. */
function decode(path: string, seconds: number): Int32Array {
  const graph = 'aresample=48000:resampler=soxr,aformat=channel_layouts=stereo';
  const length = ['-t', String(Math.ceil(seconds) + 1)];
  const input = ['-nostdin', '-v', 'error', '-i', path, '-vn', '-af', graph];
  const args = [...input, ...length, '-f', 's24le', '-c:a', 'pcm_s24le', '-'];
  const { status, stdout, stderr } = spawnSync('ffmpeg', args, { maxBuffer: 2 ** 30 });
  if (status !== 0) throw new Error(`PROVE_MUSIC: ${path} cannot be decoded: ${stderr}`);
  return unpackS24le(stdout.subarray(0, stdout.length - (stdout.length % BYTES_PER_FRAME)));
}
