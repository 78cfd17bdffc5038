import { EncoderError } from '../encoder-error.ts';

/** `fLaC`, a metadata block header (4 bytes), STREAMINFO. */
export const FLAC_HEADER_BYTES = 42;
const STREAM_INFO_OFFSET = 8;
const LAST_BLOCK_FLAG = 0x80;

/** What libFLAC knows only when a stream ends. */
export interface StreamTotals {
  /** Smallest and largest FLAC frame in bytes. */
  readonly minFrameBytes: number;
  readonly maxFrameBytes: number;
  /** Length of the stream in frames (samples per channel): less than 2³⁶. */
  readonly frames: number;
  /** MD5 of the interleaved S24LE samples. */
  readonly md5: Uint8Array;
}

/**
 * Reduces the header that libFLAC wrote (marker, STREAMINFO, a vendor comment) to marker and STREAMINFO,
 * flagged as the last metadata block: 42 bytes.
 */
export function leanHeader(written: Uint8Array): Uint8Array {
  if (written.length < FLAC_HEADER_BYTES) throw new EncoderError('codec', 'libFLAC wrote no stream header');
  const header = written.slice(0, FLAC_HEADER_BYTES);
  header[4] = LAST_BLOCK_FLAG;
  return header;
}

/** The STREAMINFO (34 bytes) of `header` with the totals filled in (RFC 9639 §8.2). */
export function finalStreamInfo(header: Uint8Array, totals: StreamTotals): Uint8Array {
  const info = header.slice(STREAM_INFO_OFFSET, FLAC_HEADER_BYTES);
  const view = new DataView(info.buffer);
  setUint24(view, 4, totals.minFrameBytes);
  setUint24(view, 7, totals.maxFrameBytes);
  // Total samples are 36 bits: the low nibble of byte 13, then four bytes.
  view.setUint8(13, (view.getUint8(13) & 0xf0) | Math.floor(totals.frames / 2 ** 32));
  view.setUint32(14, totals.frames % 2 ** 32);
  info.set(totals.md5, 18);
  return info;
}

function setUint24(view: DataView, offset: number, value: number): void {
  view.setUint8(offset, value >> 16);
  view.setUint16(offset + 1, value & 0xff_ff);
}
