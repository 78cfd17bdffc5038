import { createArchive } from '@bucket-radio/archive';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { BLOCK_FRAMES, BYTES_PER_FRAME } from '@bucket-radio/pcm';
import { noiseS24le } from './decode.ts';

export interface RecordingOptions {
  readonly directory: string;
  readonly startMs: number;
  /** Blocks of 40 ms; of noise each takes about 11.5 kB. */
  readonly blocks: number;
  /** Another seed is another sound. */
  readonly seed: number;
}

/** Blocks of noise that are made once and used again, each time changed. */
const PATTERN_BLOCKS = 50;

/** Makes a finished recording of noise, as a station would. @returns its path */
export async function makeRecording({ directory, startMs, blocks, seed }: RecordingOptions): Promise<string> {
  const paths: string[] = [];
  const archive = createArchive({
    directory,
    onFinished: (path) => paths.push(path),
    onAlarm: (message) => {
      throw new Error(message);
    },
  });
  const flac = await createFlacEncoder();
  const pattern = noiseS24le(PATTERN_BLOCKS * BLOCK_FRAMES, seed);
  archive.begin({ header: flac.header, utcMs: startMs, firstFrame: 0, station: 'Noise' });
  for (let n = 0; n < blocks; n++) {
    const from = (n % PATTERN_BLOCKS) * BLOCK_FRAMES * BYTES_PER_FRAME;
    const data = Buffer.from(pattern.subarray(from, from + BLOCK_FRAMES * BYTES_PER_FRAME));
    data.writeUInt32LE(n);
    const block = { position: n * BLOCK_FRAMES, frames: BLOCK_FRAMES, data, utcMs: startMs + n * 40, segment: 0 };
    archive.write(flac.encode(block));
    if (n % 100 === 0) await archive.flush();
  }
  const { frames, streamInfo } = flac.finish();
  archive.write(frames);
  archive.end(streamInfo);
  await archive.flush();
  const [path] = paths;
  if (path === undefined) throw new Error('nothing was recorded');
  return path;
}
