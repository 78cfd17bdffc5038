/** A box at the top level of a file. */
export interface Mp4Box {
  readonly type: string;
  readonly offset: number;
  readonly size: number;
  /** Everything after size and type. */
  readonly payload: Uint8Array;
}

/** The boxes of `data`, one after the other. @throws Error when they do not fill it exactly */
export function readBoxes(data: Uint8Array): Mp4Box[] {
  const view = new DataView(data.buffer, data.byteOffset, data.byteLength);
  const boxes: Mp4Box[] = [];
  let offset = 0;
  while (offset < data.length) {
    const size = view.getUint32(offset);
    if (size < 8 || offset + size > data.length) throw new Error(`box of ${size} bytes at ${offset} of ${data.length}`);
    const type = String.fromCharCode(...data.subarray(offset + 4, offset + 8));
    boxes.push({ type, offset, size, payload: data.subarray(offset + 8, offset + size) });
    offset += size;
  }
  return boxes;
}

/** One sample of a fragment: a FLAC frame or an Opus packet. */
export interface Mp4Sample {
  /** In frames. */
  readonly duration: number;
  readonly data: Uint8Array;
}

/** A media object of the station, read with nothing but docs/format.md. */
export interface MediaObject {
  /** Types of the top-level boxes, in order. */
  readonly types: readonly string[];
  /** The leading `uuid` box, header included. */
  readonly leading?: Uint8Array;
  readonly sequence: number;
  /** Station frame of the first sample. */
  readonly decodeTime: number;
  readonly samples: readonly Mp4Sample[];
}

/** Reads one media object. */
export function readMediaObject(object: Uint8Array): MediaObject {
  const boxes = readBoxes(object);
  const moof = pick(boxes, 'moof');
  const [mfhd, traf] = [pick(readBoxes(moof.payload), 'mfhd'), pick(readBoxes(moof.payload), 'traf')];
  const track = readBoxes(traf.payload);
  const leading = boxes.find((box) => box.type === 'uuid');
  return {
    types: boxes.map((box) => box.type),
    ...(leading && { leading: object.subarray(leading.offset, leading.offset + leading.size) }),
    sequence: viewOf(mfhd).getUint32(4),
    decodeTime: Number(viewOf(pick(track, 'tfdt')).getBigUint64(4)),
    samples: readSamples(object.subarray(moof.offset), pick(track, 'tfhd'), pick(track, 'trun')),
  };
}

function readSamples(fromMoof: Uint8Array, tfhd: Mp4Box, trun: Mp4Box): Mp4Sample[] {
  const defaults = viewOf(tfhd);
  const run = viewOf(trun);
  const flags = run.getUint32(0);
  const samples: Mp4Sample[] = [];
  let offset = run.getUint32(8);
  for (let i = 0, at = 12; i < run.getUint32(4); i++) {
    const duration = flags & 0x100 ? run.getUint32(at) : defaults.getUint32(8);
    if (flags & 0x100) at += 4;
    const size = flags & 0x200 ? run.getUint32(at) : defaults.getUint32(12);
    if (flags & 0x200) at += 4;
    samples.push({ duration, data: fromMoof.subarray(offset, offset + size) });
    offset += size;
  }
  return samples;
}

function pick(boxes: readonly Mp4Box[], type: string): Mp4Box {
  const box = boxes.find((candidate) => candidate.type === type);
  if (box === undefined) throw new Error(`no ${type} box`);
  return box;
}

function viewOf(box: Mp4Box): DataView {
  return new DataView(box.payload.buffer, box.payload.byteOffset, box.payload.byteLength);
}
