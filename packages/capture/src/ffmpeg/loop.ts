import { basename } from 'node:path';
import { CaptureError } from '../error.ts';
import type { SourceInfo } from '../source.ts';
import type { PcmBytes } from '../timeline.ts';
import { readPlaylist } from './playlist.ts';
import { type FfmpegOptions, type FfmpegSource, openFfmpeg } from './source.ts';

/** Files that are examined before the start; a longer list is called converted. */
const MAX_EXAMINED_FILES = 200;

export interface LoopSource {
  readonly info: SourceInfo;
  /** S24LE stereo, file after file, for ever. */
  bytes(signal: AbortSignal): PcmBytes;
}

/**
 * A file or playlist, played for ever. Between two files there is not a frame more nor less: the last frame of one is
 * followed by the first of the next. The playlist is read again for each round. A file that cannot be played is skipped with a
 * message, and so is one that would be converted when the source was announced as bit-perfect.
 */
export async function openFfmpegLoop(path: string, options: FfmpegOptions): Promise<LoopSource> {
  const files = await readPlaylist(path);
  const fidelity = await examine(files, options);
  const name = basename(path);
  const info: SourceInfo = {
    kind: 'ffmpeg-loop',
    name,
    fidelity,
    bitDepth: 24,
    live: false,
    detail: `${name}: ${files.length} ${files.length === 1 ? 'file' : 'files'}, played for ever`,
  };
  return { info, bytes: (signal) => play(path, fidelity, options, signal) };
}

/** Bit-perfect only when every file was seen to be. @throws CaptureError when none can be played */
async function examine(files: readonly string[], options: FfmpegOptions): Promise<SourceInfo['fidelity']> {
  let playable = 0;
  let converted = files.length > MAX_EXAMINED_FILES;
  let failure: unknown;
  for (const file of files.slice(0, MAX_EXAMINED_FILES)) {
    try {
      const { info } = await openFfmpeg(file, options);
      playable += 1;
      converted ||= info.fidelity === 'converted';
    } catch (error) {
      failure = error;
    }
  }
  if (playable === 0) throw failure;
  return converted ? 'converted' : 'bit-perfect';
}

async function* play(
  path: string,
  fidelity: SourceInfo['fidelity'],
  options: FfmpegOptions,
  signal: AbortSignal,
): PcmBytes {
  const say = options.onMessage;
  let next: Promise<FfmpegSource | undefined> | undefined;
  for (let silentRounds = 0; !signal.aborted; ) {
    const files = await readPlaylist(path);
    const prepare = async (index: number): Promise<FfmpegSource | undefined> => {
      const file = files[index % files.length] as string;
      try {
        const source = await openFfmpeg(file, options);
        if (fidelity === 'converted' || source.info.fidelity === 'bit-perfect') return source;
        say(`${file} skipped: it would be converted, and this source is bit-perfect; start again to play it`);
      } catch (error) {
        say(`${file} skipped: ${error instanceof Error ? error.message : String(error)}`);
      }
      return undefined;
    };
    let played = false;
    next = undefined;
    for (let index = 0; index < files.length && !signal.aborted; index++) {
      const source = await (next ?? prepare(index));
      // The next file is examined while this one plays, so that nothing is waited for between them.
      next = index + 1 < files.length ? prepare(index + 1) : undefined;
      if (source === undefined) continue;
      try {
        for await (const block of source.bytes(signal)) {
          played = true;
          yield block;
        }
      } catch (error) {
        say(`${source.info.name}: ${error instanceof Error ? error.message : String(error)}`);
      }
    }
    silentRounds = played ? 0 : silentRounds + 1;
    if (silentRounds > 0 && !signal.aborted) {
      throw new CaptureError('SourceFailed', `nothing in ${basename(path)} can be played any more; check its files`);
    }
  }
}
