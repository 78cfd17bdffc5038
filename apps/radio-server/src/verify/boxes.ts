/** A box of ISO base media. */
export interface Box {
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  /** Everything after size and type. */
  readonly payload: Uint8Array;
  /** Of the payload. */
  readonly view: DataView;
}

const HEADER_BYTES = 8;

/**
 * The boxes that fill `data` one after the other. Knows nothing of how the station writes them.
 * @throws Error when they do not fill it exactly
 */
export function readBoxes(data: Uint8Array): Box[] {
  const all = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const boxes: Box[] = [];
  for (let offset = 0; offset < data.length; ) {
    const rest = data.length - offset;
    if (rest < HEADER_BYTES) throw new Error(`${rest} bytes at ${offset} are too few for a box`);
    const size = all.getUint32(offset);
    const type = String.fromCharCode(...data.subarray(offset + 4, offset + HEADER_BYTES));
    if (size < HEADER_BYTES || size > rest) {
      throw new Error(`box ${JSON.stringify(type)} at ${offset} says ${size} bytes where ${rest} are left`);
    }
    const payload = data.subarray(offset + HEADER_BYTES, offset + size);
    boxes.push({ type, offset, size, payload, view: new DataView(payload.buffer, payload.byteOffset, payload.length) });
    offset += size;
  }
  return boxes;
}

/** @throws Error unless there is exactly one box of `type` */
export function oneBox(boxes: readonly Box[], type: string): Box {
  const [box, ...more] = boxes.filter((candidate) => candidate.type === type);
  if (box === undefined || more.length > 0)
    throw new Error(`${box ? more.length + 1 : 'no'} ${type} box; one is expected`);
  return box;
}

/** The box at a path of types, each of which occurs exactly once. */
export function boxAt(data: Uint8Array, ...path: readonly string[]): Box {
  const [type = '', ...rest] = path;
  const box = oneBox(readBoxes(data), type);
  return rest.length === 0 ? box : boxAt(box.payload, ...rest);
}
