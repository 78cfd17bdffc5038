import { closeSync, openSync, readSync, writeSync } from 'node:fs';
import { type FileHandle, open, rm } from 'node:fs/promises';
import { basename } from 'node:path';
import {
  type CueTrack,
  findGaps,
  flacFileHeader,
  formatCueSheet,
  type RecordingInfo,
  STREAMINFO_OFFSET,
} from '@bucket-radio/archive';
import { createFlacEncoder, decodeFlacStream, EncoderError, type FlacEncoder } from '@bucket-radio/encoders';
import { BYTES_PER_FRAME, type FlacFrame, type PcmChunk, packS24le } from '@bucket-radio/pcm';
import { createSegmenter, type Segmenter } from '@bucket-radio/segmenter';
import { ConfigError } from './config/load.ts';

/** A time range in UTC; `toMs` is not included. */
interface TimeRange {
  readonly fromMs: number;
  readonly toMs: number;
}

/** What was cut. */
export interface CutResult {
  readonly frames: number;
  /** Tracks in the CUE sheet beside the file; without any there is none. */
  readonly tracks: number;
}

/** @throws ConfigError unless `text` is a date and time with its offset to UTC */
export function parseInstant(flag: string, text: string): number {
  const utcMs = /(Z|[+-]\d{2}:?\d{2})$/.test(text) ? Date.parse(text) : Number.NaN;
  if (Number.isNaN(utcMs)) throw new ConfigError([`${flag} is "${text}": use a UTC time such as 2026-11-20T20:00:00Z`]);
  return utcMs;
}

/** The frames of one recording that lie in the range, counted from its start. */
interface Piece {
  readonly recording: RecordingInfo;
  readonly fromFrame: number;
  readonly toFrame: number;
}

/**
 * From the frame labelled `fromMs` to the one labelled `toMs`, with everything between them. Each recording's own labels
 * say where that is; at a join they may overlap by what two clocks differ, and yet no frame is there twice.
 */
function piecesOf(recordings: readonly RecordingInfo[], { fromMs, toMs }: TimeRange): Piece[] {
  const first = recordings.findLastIndex(({ startMs }) => startMs <= fromMs);
  const last = recordings.findLastIndex(({ startMs }) => startMs < toMs);
  return recordings.slice(first, last + 1).flatMap((recording, n) => {
    const frameAt = (utcMs: number): number =>
      Math.min(recording.frames, Math.max(0, recording.timeline.frameAt(utcMs)));
    const fromFrame = n === 0 ? frameAt(fromMs) : 0;
    const toFrame = first + n === last ? frameAt(toMs) : recording.frames;
    return fromFrame < toFrame ? [{ recording, fromFrame, toFrame }] : [];
  });
}

/**
 * Writes the recorded frames of a time range as one FLAC file, sample for sample, across recordings; beside it a CUE
 * sheet, when there are cues.
 * @throws ConfigError when the range is empty or not wholly recorded, when a recording of it is not here, or a file exists
 */
export async function cutRecordings(
  recordings: readonly RecordingInfo[],
  range: TimeRange,
  path: string,
): Promise<CutResult> {
  checkRecorded(recordings, range);
  const pieces = piecesOf(recordings, range);
  checkHere(pieces);
  const tracks = tracksOf(pieces, range);
  const cuePath = `${path.replace(/\.flac$/i, '')}.cue`;
  const cueSheet = tracks.length === 0 ? undefined : await create(cuePath);
  try {
    await cueSheet?.writeFile(formatCueSheet(basename(path), { title: titleOf(range), tracks }));
    return { frames: await cutFile(pieces, range, path), tracks: tracks.length };
  } catch (error) {
    if (cueSheet !== undefined) await rm(cuePath);
    throw error;
  } finally {
    await cueSheet?.close();
  }
}

async function cutFile(pieces: readonly Piece[], range: TimeRange, path: string): Promise<number> {
  const file = await create(path);
  try {
    return await writePieces(pieces, range, file);
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

function iso(utcMs: number): string {
  return new Date(Math.round(utcMs)).toISOString();
}

function titleOf({ fromMs }: TimeRange): string {
  return `Cut ${iso(fromMs)}`;
}

function checkRecorded(recordings: readonly RecordingInfo[], { fromMs, toMs }: TimeRange): void {
  const [first, last] = [recordings[0], recordings.at(-1)];
  if (fromMs >= toMs) throw new ConfigError([`--to ${iso(toMs)} is not after --from ${iso(fromMs)}`]);
  if (first === undefined || last === undefined) throw new ConfigError(['there are no recordings here']);
  if (fromMs < first.startMs || toMs > last.endMs) {
    throw new ConfigError([`recorded is ${iso(first.startMs)} to ${iso(last.endMs)}: cut within that`]);
  }
  const gap = findGaps(recordings).find((hole) => hole.fromMs < toMs && hole.toMs > fromMs);
  if (gap !== undefined)
    throw new ConfigError([`nothing was recorded from ${iso(gap.fromMs)} to ${iso(gap.toMs)}: cut around it`]);
}

function checkHere(pieces: readonly Piece[]): void {
  const away = pieces.filter(({ recording }) => !recording.isLocal);
  if (away.length === 0) return;
  throw new ConfigError(
    away.map(
      ({ recording }) =>
        `${recording.path} has left for cold storage: fetch ${recording.stored?.key} and put it there again`,
    ),
  );
}

/** What begins in the pieces, and first what goes on in them from before. */
function tracksOf(pieces: readonly Piece[], { fromMs }: TimeRange): CueTrack[] {
  const tracks: CueTrack[] = [];
  let before = 0;
  for (const { recording, fromFrame, toFrame } of pieces) {
    const { firstFrame = 0, cues } = recording;
    for (const { frame, title, performer } of [...cues].sort((a, b) => a.frame - b.frame)) {
      const at = frame - firstFrame - fromFrame;
      const goesOn = at < 0 && recording.startMs <= fromMs;
      if ((at < 0 && !goesOn) || at >= toFrame - fromFrame) continue;
      const track = { frame: Math.max(0, before + at), title, ...(performer === undefined ? {} : { performer }) };
      if (tracks.at(-1)?.frame === track.frame) tracks.pop();
      tracks.push(track);
    }
    before += toFrame - fromFrame;
  }
  return tracks;
}

async function writePieces(pieces: readonly Piece[], range: TimeRange, file: FileHandle): Promise<number> {
  const flac = await createFlacEncoder();
  const header = flacFileHeader(flac.header, { TITLE: titleOf(range), DATE: iso(range.fromMs) });
  const writer = new FlacWriter(flac, file.fd, header.length);
  writeSync(file.fd, header, 0, header.length, 0);
  for (const piece of pieces) await decode(piece, (samples) => writer.write(samples));
  writer.finish();
  await file.sync();
  return writer.frames;
}

/** Encodes samples of any number and writes the FLAC frames, at once: a decoder calls back synchronously. */
class FlacWriter {
  frames = 0;
  readonly #flac: FlacEncoder;
  readonly #fd: number;
  // Only its blocks are used: any segment length cuts them alike.
  readonly #blocks: Segmenter = createSegmenter({ segmentSeconds: 10 });
  #offset: number;

  constructor(flac: FlacEncoder, fd: number, offset: number) {
    this.#flac = flac;
    this.#fd = fd;
    this.#offset = offset;
  }

  write(samples: Int32Array): void {
    const data = packS24le(samples);
    const chunk: PcmChunk = { position: this.frames, frames: data.length / BYTES_PER_FRAME, data, utcMs: 0 };
    this.frames += chunk.frames;
    for (const block of this.#blocks.push(chunk)) this.#append(this.#flac.encode(block));
  }

  finish(): void {
    for (const block of this.#blocks.finish()) this.#append(this.#flac.encode(block));
    const { frames, streamInfo } = this.#flac.finish();
    this.#append(frames);
    writeSync(this.#fd, streamInfo, 0, streamInfo.length, STREAMINFO_OFFSET);
  }

  #append(frames: readonly FlacFrame[]): void {
    for (const { data } of frames) {
      this.#offset += writeSync(this.#fd, data, 0, data.length, this.#offset);
    }
  }
}

const ENOUGH: unique symbol = Symbol('the piece ends here');

/** Hands on the samples of a piece. @throws ConfigError when the file is damaged */
async function decode({ recording, fromFrame, toFrame }: Piece, take: (samples: Int32Array) => void): Promise<void> {
  const file = openSync(recording.path, 'r');
  let position = 0;
  try {
    await decodeFlacStream({
      read: (maxBytes) => {
        const buffer = new Uint8Array(maxBytes);
        return buffer.subarray(0, readSync(file, buffer, 0, maxBytes, null));
      },
      write: (samples) => {
        const frames = samples.length / 2;
        const from = Math.max(0, fromFrame - position);
        const to = Math.min(frames, toFrame - position);
        position += frames;
        if (from < to) take(samples.subarray(2 * from, 2 * to));
        if (position >= toFrame) throw ENOUGH;
      },
    });
  } catch (error) {
    if (error === ENOUGH) return;
    if (!(error instanceof EncoderError)) throw error;
    throw new ConfigError([`${recording.path} is damaged (${error.message}): radio archive verify says more`]);
  } finally {
    closeSync(file);
  }
  throw new ConfigError([`${recording.path} ends ${toFrame - position} frames early: radio archive verify says more`]);
}
