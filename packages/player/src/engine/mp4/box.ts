import { PlayerError } from '../error.ts';

/** One box of an ISO base media file (ISO/IEC 14496-12 §4.2), as a view into the file. */
export interface Box {
  readonly type: string;
  /** What follows size and type. */
  readonly body: Uint8Array;
  /** Offset of the box's size field in the bytes that were walked. */
  readonly offset: number;
}

/** Error for bytes that are not what the format says. */
export function corrupt(message: string): PlayerError {
  return new PlayerError('SegmentCorrupt', message);
}

/** The boxes that lie side by side in `bytes`. @throws PlayerError SegmentCorrupt when a size does not fit */
export function* walk(bytes: Uint8Array): Generator<Box> {
  let at = 0;
  while (at < bytes.length) {
    if (bytes.length - at < 8) throw corrupt(`${bytes.length - at} bytes after the last box`);
    const { type, header, size } = boxHead(bytes, at, bytes.length - at);
    if (size < header || size > bytes.length - at) {
      throw corrupt(`box "${type}" says ${size} bytes; ${bytes.length - at} are there: the file is truncated`);
    }
    yield { type, body: bytes.subarray(at + header, at + size), offset: at };
    at += size;
  }
}

/** The first box of `type` in `bytes`. */
export function child(bytes: Uint8Array, type: string): Uint8Array | undefined {
  for (const box of walk(bytes)) if (box.type === type) return box.body;
  return undefined;
}

/** The box at the end of `path`. @throws PlayerError SegmentCorrupt when one is missing */
export function descend(bytes: Uint8Array, ...path: readonly string[]): Uint8Array {
  return path.reduce((inside, type) => {
    const found = child(inside, type);
    if (found === undefined) throw corrupt(`no "${type}" box (looking for ${path.join(' > ')})`);
    return found;
  }, bytes);
}

/** Reads big-endian fields one after the other. Reading past the end is SegmentCorrupt, never a RangeError. */
export class FieldCursor {
  readonly #bytes: Uint8Array;
  readonly #view: DataView;
  readonly #name: string;
  at = 0;

  constructor(bytes: Uint8Array, name: string) {
    this.#bytes = bytes;
    this.#view = viewOf(bytes);
    this.#name = name;
  }

  u8 = (): number => this.#view.getUint8(this.#advance(1));
  u16 = (): number => this.#view.getUint16(this.#advance(2));
  u32 = (): number => this.#view.getUint32(this.#advance(4));
  i32 = (): number => this.#view.getInt32(this.#advance(4));
  u24 = (): number => this.u8() * 0x1_00_00 + this.u16();

  /** Exact up to 2⁵³. */
  u64 = (): number => {
    const value = this.u32() * 2 ** 32 + this.u32();
    if (value > Number.MAX_SAFE_INTEGER) throw corrupt(`"${this.#name}" holds a number beyond 2⁵³`);
    return value;
  };

  bytes(length: number): Uint8Array {
    const from = this.#advance(length);
    return this.#bytes.subarray(from, from + length);
  }

  skip(length: number): void {
    this.#advance(length);
  }

  #advance(length: number): number {
    const from = this.at;
    if (from + length > this.#bytes.length) throw corrupt(`"${this.#name}" ends after ${this.#bytes.length} bytes`);
    this.at = from + length;
    return from;
  }
}

/** What a box says before its content, in bytes of the file. */
export interface BoxHead {
  readonly type: string;
  /** Length of size and type. */
  readonly header: number;
  /** Length of all of it. */
  readonly size: number;
}

/** The head of the box at `at`; `left` bytes of the file are left there, at least 8. */
export function boxHead(bytes: Uint8Array, at: number, left: number): BoxHead {
  const view = viewOf(bytes);
  const type = String.fromCharCode(...bytes.subarray(at + 4, at + 8));
  const size = view.getUint32(at);
  if (size === 0) return { type, header: 8, size: left };
  if (size !== 1) return { type, header: 8, size };
  if (left < 16) return { type, header: 16, size: 16 };
  return { type, header: 16, size: view.getUint32(at + 8) * 2 ** 32 + view.getUint32(at + 12) };
}

export function viewOf(bytes: Uint8Array): DataView {
  return new DataView(bytes.buffer, bytes.byteOffset, bytes.byteLength);
}
