import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { findGaps, flacFileHeader, type RecordingInfo, recordingEndMs, STREAMINFO_OFFSET } from '@bucket-radio/archive';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { BYTES_PER_FRAME, type FlacFrame, msToFrames, type PcmChunk } from '@bucket-radio/pcm';
import { createSegmenter } from '@bucket-radio/segmenter';
import { ConfigError } from './config/load.ts';

/** A time range in UTC; `toMs` is not included. */
interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** @throws ConfigError unless `text` is a date and time with its offset to UTC */
export function parseInstant(flag: string, text: string): number {
  const utcMs = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(utcMs)) throw new ConfigError([`${flag} is "${text}": use a UTC time such as 2026-11-20T20:00:00Z`]);
  return utcMs;
}

/** The frames of one recording that lie in the range. */
interface Piece {
  readonly path: string;
  readonly fromFrame: number;
  readonly toFrame: number;
}

function piecesOf(recordings: readonly RecordingInfo[], { fromMs, toMs }: TimeRange): Piece[] {
  return recordings.flatMap((recording) => {
    const fromFrame = Math.max(0, msToFrames(fromMs - recording.startMs));
    const toFrame = Math.min(recording.frames, msToFrames(toMs - recording.startMs));
    return fromFrame < toFrame ? [{ path: recording.path, fromFrame, toFrame }] : [];
  });
}

/**
 * Writes the recorded frames of a time range as one FLAC file, sample for sample, across recordings.
 * @throws ConfigError when the range is empty, is not wholly recorded, or the file exists
 */
export async function cutRecordings(
  recordings: readonly RecordingInfo[],
  range: TimeRange,
  path: string,
): Promise<{ readonly frames: number }> {
  checkRecorded(recordings, range);
  const pieces = piecesOf(recordings, range);
  const file = await create(path);
  try {
    return { frames: await writePieces(pieces, range.fromMs, file) };
  } catch (error) {
    await rm(path);
    throw error;
  } finally {
    await file.close();
  }
}

async function create(path: string): Promise<FileHandle> {
  try {
    return await open(path, 'wx');
  } catch (error) {
    const exists = (error as NodeJS.ErrnoException).code === 'EEXIST';
    throw new ConfigError([
      exists ? `${path} exists: give another name` : `${path} cannot be written: ${(error as Error).message}`,
    ]);
  }
}

function checkRecorded(recordings: readonly RecordingInfo[], { fromMs, toMs }: TimeRange): void {
  const [first, last] = [recordings[0], recordings.at(-1)];
  const iso = (utcMs: number): string => new Date(utcMs).toISOString();
  if (fromMs >= toMs) throw new ConfigError([`--to ${iso(toMs)} is not after --from ${iso(fromMs)}`]);
  if (first === undefined || last === undefined) throw new ConfigError(['there are no recordings here']);
  if (fromMs < first.startMs || toMs > recordingEndMs(last)) {
    throw new ConfigError([`recorded is ${iso(first.startMs)} to ${iso(recordingEndMs(last))}: cut within that`]);
  }
  const gap = findGaps(recordings).find((hole) => hole.fromMs < toMs && hole.toMs > fromMs);
  if (gap !== undefined)
    throw new ConfigError([`nothing was recorded from ${iso(gap.fromMs)} to ${iso(gap.toMs)}: cut around it`]);
}

async function writePieces(pieces: readonly Piece[], utcMs: number, file: FileHandle): Promise<number> {
  const flac = await createFlacEncoder();
  // Only its blocks are used: any segment length cuts them alike.
  const blocks = createSegmenter({ segmentSeconds: 10 });
  await file.write(flacFileHeader(flac.header, { TITLE: 'Cut', DATE: new Date(utcMs).toISOString() }));
  const append = async (encoded: readonly FlacFrame[]): Promise<void> => {
    for (const { data } of encoded) await file.write(data);
  };
  let position = 0;
  for (const piece of pieces) {
    for await (const data of decode(piece)) {
      const chunk: PcmChunk = { position, frames: data.length / BYTES_PER_FRAME, data, utcMs };
      position += chunk.frames;
      for (const block of blocks.push(chunk)) await append(flac.encode(block));
    }
  }
  for (const block of blocks.finish()) await append(flac.encode(block));
  const { frames, streamInfo } = flac.finish();
  await append(frames);
  await file.write(streamInfo, 0, streamInfo.length, STREAMINFO_OFFSET);
  await file.sync();
  return position;
}

/** Whole frames of a piece as interleaved S24LE. @throws ConfigError when ffmpeg is missing or the file is damaged */
async function* decode({ path, fromFrame, toFrame }: Piece): AsyncGenerator<Uint8Array> {
  const filter = `atrim=start_sample=${fromFrame}:end_sample=${toFrame}`;
  const args = ['-v', 'error', '-xerror', '-i', path, '-af', filter, '-c:a', 'pcm_s24le', '-f', 's24le', '-'];
  const child = spawn('ffmpeg', args, { stdio: ['ignore', 'pipe', 'ignore'] });
  const ended = once(child, 'close').catch((error: unknown) => {
    throw new ConfigError([`ffmpeg cannot be run: ${error instanceof Error ? error.message : String(error)}`]);
  });
  let rest: Uint8Array = new Uint8Array(0);
  for await (const piece of child.stdout as AsyncIterable<Uint8Array>) {
    const bytes = rest.length === 0 ? piece : Buffer.concat([rest, piece]);
    const whole = bytes.length - (bytes.length % BYTES_PER_FRAME);
    if (whole > 0) yield bytes.subarray(0, whole);
    rest = bytes.subarray(whole);
  }
  const [code] = (await ended) as [number | null];
  if (code !== 0) throw new ConfigError([`${path} does not decode: radio archive verify says more`]);
}
