import { open } from 'node:fs/promises';
import { md5Of, STREAMINFO_BYTES, STREAMINFO_OFFSET } from './metadata.ts';

/** What a FLAC file of ours says about itself. */
export interface FlacInfo {
  readonly station: string | undefined;
  /** UTC label of the first frame, in milliseconds. */
  readonly startMs: number;
  /** Station frame of the first frame, where the file says it. */
  readonly firstFrame: number | undefined;
  readonly frames: number;
  /** MD5 of the PCM, 32 hexadecimal digits; absent when the file carries none. */
  readonly pcmMd5: string | undefined;
}

/** Enough for the metadata blocks of our files. */
const METADATA_READ_BYTES = 64 * 1024;
const VORBIS_COMMENT = 4;

/**
 * Reads the metadata of one recording.
 * @throws Error when it is not a FLAC file with a DATE, as the archive writes it
 */
export async function readFlacInfo(path: string): Promise<FlacInfo> {
  const file = await open(path, 'r');
  try {
    const buffer = Buffer.alloc(METADATA_READ_BYTES);
    const { bytesRead } = await file.read(buffer, 0, buffer.length, 0);
    return parseFlacInfo(buffer.subarray(0, bytesRead), path);
  } finally {
    await file.close();
  }
}

function parseFlacInfo(head: Buffer, path: string): FlacInfo {
  const isFlac = head.length >= STREAMINFO_OFFSET + STREAMINFO_BYTES && head.toString('latin1', 0, 4) === 'fLaC';
  const tags: ReadonlyMap<string, string> = isFlac ? readTags(head) : new Map();
  const startMs = Date.parse(tags.get('DATE') ?? '');
  if (Number.isNaN(startMs)) throw new Error(`${path} is not a recording: it is no FLAC file with a DATE`);
  const streamInfo = head.subarray(STREAMINFO_OFFSET, STREAMINFO_OFFSET + STREAMINFO_BYTES);
  const firstFrame = tags.get('FIRST_FRAME');
  return {
    station: tags.get('TITLE'),
    startMs,
    firstFrame: firstFrame === undefined ? undefined : Number(firstFrame),
    frames: (streamInfo.readUInt8(13) & 0x0f) * 2 ** 32 + streamInfo.readUInt32BE(14),
    pcmMd5: md5Of(streamInfo),
  };
}

/** The Vorbis comments of a FLAC file (RFC 9639 §8.6). What is cut off is left out. */
function readTags(head: Buffer): ReadonlyMap<string, string> {
  for (let at = 4; at + 4 <= head.length; ) {
    const type = head.readUInt8(at);
    const length = head.readUIntBE(at + 1, 3);
    if ((type & 0x7f) === VORBIS_COMMENT) return new Map(readComments(head.subarray(at + 4, at + 4 + length)));
    if ((type & 0x80) !== 0) break;
    at += 4 + length;
  }
  return new Map();
}

function* readComments(body: Buffer): Generator<[string, string]> {
  let at = 0;
  const number = (): number => {
    at += 4;
    return at <= body.length ? body.readUInt32LE(at - 4) : 0;
  };
  const writer = number();
  at += writer; // its name is of no interest
  const count = number();
  for (let n = 0; n < count && at < body.length; n++) {
    const length = number();
    at += length;
    const [name = '', ...value] = body.toString('utf8', at - length, at).split('=');
    yield [name.toUpperCase(), value.join('=')];
  }
}
