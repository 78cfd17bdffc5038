import type { FileHandle } from 'node:fs/promises';

/** What a scan of FLAC frames found. */
export interface FlacScan {
  /** Bytes of the file up to the end of the last whole frame. */
  readonly validBytes: number;
  readonly flacFrames: number;
  /** Samples per channel in whole frames. */
  readonly samples: number;
  /** Smallest and largest FLAC frame, in bytes; 0 when there is none. */
  readonly minFrameBytes: number;
  readonly maxFrameBytes: number;
}

/** No FLAC frame of 1920 stereo samples of 24 bit is longer, coded verbatim with every header field at its largest. */
const MAX_FRAME_BYTES = 16_384;
/** Shortest frame that can be: header, two constant subframes, CRC. */
const MIN_FRAME_BYTES = 10;
const READ_BYTES = 1024 * 1024;

const CRC16 = crcTable(16, 0x8005);
const CRC8 = crcTable(8, 0x07);

function crcTable(bits: 8 | 16, polynomial: number): Uint16Array {
  const top = 1 << (bits - 1);
  const mask = (1 << bits) - 1;
  return Uint16Array.from({ length: 256 }, (_, byte) => {
    let crc = byte << (bits - 8);
    for (let bit = 0; bit < 8; bit++) crc = (crc & top) === 0 ? crc << 1 : (crc << 1) ^ polynomial;
    return crc & mask;
  });
}

/** A frame header of a fixed-blocksize stream (RFC 9639 §9.1). */
interface FrameHeader {
  readonly number: number;
  readonly blockSize: number;
}

const BLOCK_SIZE_8_BIT = 6;
const BLOCK_SIZE_16_BIT = 7;
const EXTRA_RATE_BYTES: Readonly<Record<number, number>> = { 12: 1, 13: 2, 14: 2 };

function codedBlockSize(code: number): number {
  if (code === 1) return 192;
  if (code >= 2 && code <= 5) return 144 << code;
  return code >= 8 ? 1 << code : 0;
}

/** Reads the frame number, coded like UTF-8 with up to six bytes. @returns undefined when it is not one */
function readCodedNumber(bytes: Uint8Array, at: number): { readonly value: number; readonly end: number } | undefined {
  const first = bytes[at] ?? 0xff;
  const leadingOnes = Math.clz32(~(first << 24));
  if (leadingOnes === 1 || leadingOnes > 6) return undefined;
  let value = leadingOnes === 0 ? first : first & (0x7f >> leadingOnes);
  const end = at + Math.max(1, leadingOnes);
  for (let i = at + 1; i < end; i++) {
    const byte = bytes[i] ?? 0;
    if ((byte & 0xc0) !== 0x80) return undefined;
    value = value * 64 + (byte & 0x3f);
  }
  return { value, end };
}

/** @returns undefined unless a whole header with a right CRC-8 starts at `at` */
export function readFrameHeader(bytes: Uint8Array, at: number): FrameHeader | undefined {
  if (bytes[at] !== 0xff || bytes[at + 1] !== 0xf8) return undefined;
  const sizeCode = (bytes[at + 2] ?? 0) >> 4;
  const rateCode = (bytes[at + 2] ?? 0) & 0x0f;
  const number = readCodedNumber(bytes, at + 4);
  if (number === undefined || sizeCode === 0 || rateCode === 15) return undefined;
  let end = number.end;
  let blockSize = codedBlockSize(sizeCode);
  if (sizeCode === BLOCK_SIZE_8_BIT) blockSize = (bytes[end++] ?? 0) + 1;
  if (sizeCode === BLOCK_SIZE_16_BIT) blockSize = (((bytes[end++] ?? 0) << 8) | (bytes[end++] ?? 0)) + 1;
  end += EXTRA_RATE_BYTES[rateCode] ?? 0;
  if (end >= bytes.length) return undefined;
  let crc = 0;
  for (let i = at; i < end; i++) crc = CRC8[crc ^ (bytes[i] as number)] as number;
  return crc === bytes[end] ? { number: number.value, blockSize } : undefined;
}

/**
 * Finds the end of the frame that starts at `at`: where the running CRC-16, its own two bytes included, is zero, and
 * either the next frame or the end of the file follows.
 * @param last whether `bytes` ends where the file ends
 */
function frameEnd(bytes: Uint8Array, at: number, number: number, last: boolean): number | undefined {
  const limit = Math.min(bytes.length, at + MAX_FRAME_BYTES);
  let crc = 0;
  for (let i = at; i < limit; i++) {
    crc = ((crc << 8) & 0xffff) ^ (CRC16[(crc >> 8) ^ (bytes[i] as number)] as number);
    if (crc !== 0 || i + 1 - at < MIN_FRAME_BYTES) continue;
    const end = i + 1;
    if (end === bytes.length && last) return end;
    if (readFrameHeader(bytes, end)?.number === number + 1) return end;
  }
  return undefined;
}

/**
 * Walks the frames of a FLAC file from `firstFrameAt` and stops at the first that is not whole: a torn write, a page
 * that never reached the disk, or the end. Frame numbers must count from 0 without a hole.
 */
export async function scanFlacFrames(file: FileHandle, firstFrameAt: number): Promise<FlacScan> {
  const { size } = await file.stat();
  const scan = { validBytes: firstFrameAt, flacFrames: 0, samples: 0, minFrameBytes: 0, maxFrameBytes: 0 };
  let window: Uint8Array = new Uint8Array(0);
  let windowAt = firstFrameAt;
  for (;;) {
    const offset = scan.validBytes - windowAt;
    const reachesEnd = windowAt + window.length >= size;
    if (!reachesEnd && window.length - offset < 2 * MAX_FRAME_BYTES) {
      windowAt = scan.validBytes;
      window = await readAt(file, windowAt, READ_BYTES);
      if (window.length > 0) continue;
      return scan;
    }
    const header = readFrameHeader(window, offset);
    if (header === undefined || header.number !== scan.flacFrames) return scan;
    const end = frameEnd(window, offset, header.number, reachesEnd);
    if (end === undefined) return scan;
    const bytes = end - offset;
    scan.validBytes += bytes;
    scan.flacFrames += 1;
    scan.samples += header.blockSize;
    scan.minFrameBytes = scan.minFrameBytes === 0 ? bytes : Math.min(scan.minFrameBytes, bytes);
    scan.maxFrameBytes = Math.max(scan.maxFrameBytes, bytes);
  }
}

async function readAt(file: FileHandle, position: number, length: number): Promise<Uint8Array> {
  const buffer = new Uint8Array(length);
  const { bytesRead } = await file.read(buffer, 0, length, position);
  return buffer.subarray(0, bytesRead);
}
