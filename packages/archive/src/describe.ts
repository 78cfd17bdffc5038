import { open } from 'node:fs/promises';
import { framesToMs } from '@bucket-radio/pcm';
import { listRecordings } from './retention.ts';

/** What a finished recording says about itself. */
export interface RecordingInfo {
  readonly path: string;
  readonly bytes: number;
  /** UTC label of the first frame, in milliseconds. */
  readonly startMs: number;
  /** Station frame of the first frame, where the file says it. */
  readonly firstFrame: number | undefined;
  readonly frames: number;
  /** MD5 of the PCM, 32 hexadecimal digits; absent when the file carries none. */
  readonly pcmMd5: string | undefined;
}

/** Sound that is in no recording: between the end of one and the start of the next. */
export interface RecordingGap {
  readonly fromMs: number;
  readonly toMs: number;
}

/** Enough for the metadata blocks of our files. */
const METADATA_READ_BYTES = 64 * 1024;
const STREAMINFO = 8;
/** Labels of consecutive files agree better than this; more is a hole. */
const GAP_TOLERANCE_MS = 20;

/**
 * Reads the metadata of one recording.
 * @throws Error when it is not a FLAC file with a DATE, as the archive writes it
 */
async function describeRecording(path: string, bytes: number): Promise<RecordingInfo> {
  const file = await open(path, 'r');
  try {
    const head = Buffer.alloc(METADATA_READ_BYTES);
    const { bytesRead } = await file.read(head, 0, head.length, 0);
    const tags = readTags(head.subarray(0, bytesRead));
    const startMs = Date.parse(tags.get('DATE') ?? '');
    if (head.toString('latin1', 0, 4) !== 'fLaC' || Number.isNaN(startMs))
      throw new Error(`${path} is not a recording`);
    const firstFrame = tags.get('FIRST_FRAME');
    const md5 = head.toString('hex', STREAMINFO + 18, STREAMINFO + 34);
    return {
      path,
      bytes,
      startMs,
      firstFrame: firstFrame === undefined ? undefined : Number(firstFrame),
      frames: ((head[STREAMINFO + 13] ?? 0) & 0x0f) * 2 ** 32 + head.readUInt32BE(STREAMINFO + 14),
      pcmMd5: /^0+$/.test(md5) ? undefined : md5,
    };
  } finally {
    await file.close();
  }
}

/** The Vorbis comments of a FLAC file (RFC 9639 §8.6). */
function readTags(head: Buffer): ReadonlyMap<string, string> {
  const tags = new Map<string, string>();
  for (let at = 4; at + 4 <= head.length; ) {
    const type = head.readUInt8(at);
    const length = head.readUIntBE(at + 1, 3);
    const body = head.subarray(at + 4, at + 4 + length);
    if ((type & 0x7f) === 4) for (const [name, value] of readComments(body)) tags.set(name, value);
    if ((type & 0x80) !== 0) break;
    at += 4 + length;
  }
  return tags;
}

function* readComments(body: Buffer): Generator<[string, string]> {
  let at = 0;
  const text = (): string => {
    const length = body.readUInt32LE(at);
    at += 4 + length;
    return body.toString('utf8', at - length, at);
  };
  text(); // who wrote them
  const count = body.readUInt32LE(at);
  at += 4;
  for (let n = 0; n < count; n++) {
    const [name = '', ...value] = text().split('=');
    yield [name.toUpperCase(), value.join('=')];
  }
}

/** Every finished recording, oldest first. */
export async function describeRecordings(directory: string): Promise<RecordingInfo[]> {
  const files = await listRecordings(directory);
  const infos = await Promise.all(files.map(({ path, bytes }) => describeRecording(path, bytes)));
  return infos.sort((a, b) => a.startMs - b.startMs);
}

/** UTC at which a recording ends. */
export function recordingEndMs({ startMs, frames }: RecordingInfo): number {
  return startMs + framesToMs(frames);
}

/** The holes between recordings, oldest first: time in which nothing was recorded. */
export function findGaps(recordings: readonly RecordingInfo[]): RecordingGap[] {
  const gaps: RecordingGap[] = [];
  for (const [n, recording] of recordings.entries()) {
    const next = recordings[n + 1];
    const fromMs = recordingEndMs(recording);
    if (next !== undefined && next.startMs - fromMs > GAP_TOLERANCE_MS) gaps.push({ fromMs, toMs: next.startMs });
  }
  return gaps;
}
