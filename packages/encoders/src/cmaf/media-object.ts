import { EncoderError } from '../encoder-error.ts';
import { findBox } from './boxes.ts';

const BOX_HEADER_BYTES = 8;
/** Of `sequence_number`, from the start of an `mfhd` box. */
const SEQUENCE_NUMBER_OFFSET = 12;

/**
 * Makes the object that stands in the bucket: our leading box, `moof`, `mdat`.
 *
 * The fragment's sequence number becomes `index + 1` (modulo 2³²), so that it rises along the stream, restarts included.
 * @param moof describes `units` in order; its data offset points 8 bytes past its end
 */
export function mediaObject(
  leading: Uint8Array,
  moof: Uint8Array,
  units: readonly { readonly data: Uint8Array }[],
  index: number,
): Uint8Array {
  const mfhd = findBox(moof, ['moof', 'mfhd']);
  if (mfhd === undefined) throw new EncoderError('codec', 'The muxer described a segment without an mfhd box');
  const mdatBytes = units.reduce((sum, unit) => sum + unit.data.length, BOX_HEADER_BYTES);
  const object = new Uint8Array(leading.length + moof.length + mdatBytes);
  const view = new DataView(object.buffer);
  object.set(leading);
  object.set(moof, leading.length);
  view.setUint32(leading.length + mfhd + SEQUENCE_NUMBER_OFFSET, (index + 1) % 2 ** 32);
  let offset = leading.length + moof.length;
  view.setUint32(offset, mdatBytes);
  object.set(new TextEncoder().encode('mdat'), offset + 4);
  offset += BOX_HEADER_BYTES;
  for (const { data } of units) {
    object.set(data, offset);
    offset += data.length;
  }
  return object;
}
