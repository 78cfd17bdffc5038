const BOX_HEADER_BYTES = 8;

/** Bytes between a container's header and its first child, where that is not 0. */
const PREFIX_BYTES: Readonly<Record<string, number>> = { stsd: 8 };

/**
 * The offset of a box in ISO base media data, found by its path of types (`['moov', 'trak', 'tkhd']`): the first match at
 * every level. Reads only what mediabunny writes: 32-bit sizes.
 */
export function findBox(data: Uint8Array, path: readonly string[]): number | undefined {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  let start = 0;
  let end = data.byteLength;
  for (const [depth, type] of path.entries()) {
    const offset = findSibling(view, type, start, end);
    if (offset === undefined || depth === path.length - 1) return offset;
    start = offset + BOX_HEADER_BYTES + (PREFIX_BYTES[type] ?? 0);
    end = offset + view.getUint32(offset);
  }
  return undefined;
}

function findSibling(view: DataView, type: string, start: number, end: number): number | undefined {
  let offset = start;
  while (offset + BOX_HEADER_BYTES <= end) {
    const size = view.getUint32(offset);
    if (boxType(view, offset) === type) return offset;
    if (size < BOX_HEADER_BYTES) return undefined;
    offset += size;
  }
  return undefined;
}

function boxType(view: DataView, offset: number): string {
  return String.fromCharCode(...[4, 5, 6, 7].map((i) => view.getUint8(offset + i)));
}
