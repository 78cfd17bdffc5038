/** FLAC metadata block types (RFC 9639 §8.1). */
const VORBIS_COMMENT = 4;
const LAST_BLOCK = 0x80;

/** Offset of the 34 STREAMINFO bytes in a FLAC file: after `fLaC` and the block header. */
export const STREAMINFO_OFFSET = 8;
export const STREAMINFO_BYTES = 34;

const utf8 = new TextEncoder();

function lengthPrefixed(text: string): Uint8Array {
  const bytes = utf8.encode(text);
  const field = new Uint8Array(4 + bytes.length);
  new DataView(field.buffer).setUint32(0, bytes.length, true);
  field.set(bytes, 4);
  return field;
}

/** A VORBIS_COMMENT metadata block (RFC 9639 §8.6). Line breaks in values become spaces. */
function vorbisComment(tags: Readonly<Record<string, string>>, last: boolean): Uint8Array {
  const comments = Object.entries(tags).map(([name, value]) =>
    lengthPrefixed(`${name}=${value.replaceAll(/\s+/g, ' ')}`),
  );
  const count = new Uint8Array(4);
  new DataView(count.buffer).setUint32(0, comments.length, true);
  const body = Buffer.concat([lengthPrefixed('bucket-radio'), count, ...comments]);
  const header = Uint8Array.of(
    VORBIS_COMMENT | (last ? LAST_BLOCK : 0),
    body.length >> 16,
    body.length >> 8,
    body.length,
  );
  return Buffer.concat([header, body]);
}

/**
 * The start of a FLAC file: the encoder's header (`fLaC` + STREAMINFO, 42 bytes) followed by the tags.
 * @throws RangeError when `encoderHeader` is not such a header
 */
export function flacFileHeader(encoderHeader: Uint8Array, tags: Readonly<Record<string, string>>): Uint8Array {
  const expected = STREAMINFO_OFFSET + STREAMINFO_BYTES;
  if (encoderHeader.length !== expected || String.fromCharCode(...encoderHeader.subarray(0, 4)) !== 'fLaC') {
    throw new RangeError(
      `a FLAC header is "fLaC" and one STREAMINFO block, ${expected} bytes; got ${encoderHeader.length}`,
    );
  }
  const start = Uint8Array.from(encoderHeader);
  start[4] = 0; // STREAMINFO, no longer the last block
  return Buffer.concat([start, vorbisComment(tags, true)]);
}

/**
 * Offset of the first audio frame of a FLAC file: behind its metadata blocks.
 * @param start at least the metadata of the file
 * @returns undefined when the file does not start as one of ours does
 */
export function firstFrameOffset(start: Uint8Array): number | undefined {
  if (String.fromCharCode(...start.subarray(0, 4)) !== 'fLaC') return undefined;
  for (let at = 4; at + 4 <= start.length; ) {
    const [type = 0, high = 0, middle = 0, low = 0] = start.subarray(at, at + 4);
    at += 4 + (high << 16) + (middle << 8) + low;
    if ((type & LAST_BLOCK) !== 0) return at <= start.length ? at : undefined;
  }
  return undefined;
}

const MD5_OFFSET = 18;

/** The MD5 of the PCM in STREAMINFO, 32 hexadecimal digits. @returns undefined when it says none */
export function md5Of(streamInfo: Uint8Array): string | undefined {
  const md5 = Buffer.from(streamInfo.subarray(MD5_OFFSET, STREAMINFO_BYTES)).toString('hex');
  return /^0+$/.test(md5) ? undefined : md5;
}

/** What STREAMINFO says about a whole file (RFC 9639 §8.2). */
export interface StreamTotals {
  readonly minFrameBytes: number;
  readonly maxFrameBytes: number;
  /** Samples per channel. */
  readonly samples: number;
  /** MD5 of the PCM; zeros mean unknown. */
  readonly pcmMd5: Uint8Array;
}

/** `streamInfo` with other totals; format and block sizes stay. */
export function withTotals(streamInfo: Uint8Array, totals: StreamTotals): Uint8Array {
  const result = Uint8Array.from(streamInfo);
  const view = new DataView(result.buffer);
  for (const [offset, bytes] of [
    [4, totals.minFrameBytes],
    [7, totals.maxFrameBytes],
  ] as const) {
    view.setUint8(offset, bytes >> 16);
    view.setUint16(offset + 1, bytes & 0xffff);
  }
  // 36 bits of total samples: the low four bits of byte 13, then four bytes.
  view.setUint8(13, (view.getUint8(13) & 0xf0) | Math.floor(totals.samples / 2 ** 32));
  view.setUint32(14, totals.samples % 2 ** 32);
  result.set(totals.pcmMd5, MD5_OFFSET);
  return result;
}
