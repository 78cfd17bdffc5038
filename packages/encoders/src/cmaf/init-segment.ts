import { STATION_FORMAT } from '@bucket-radio/pcm';
import { EncoderError } from '../encoder-error.ts';
import { findBox } from './boxes.ts';

/** Boxes that carry a creation and a modification time. */
const TIMED_BOXES = [
  ['moov', 'mvhd'],
  ['moov', 'trak', 'tkhd'],
  ['moov', 'trak', 'mdia', 'mdhd'],
] as const;

const FLAC_ENTRY = ['moov', 'trak', 'mdia', 'minf', 'stbl', 'stsd', 'fLaC'] as const;
/** Of `samplesize` in an audio sample entry, from the box's start (ISO/IEC 14496-12 §12.2.3). */
const SAMPLE_SIZE_OFFSET = 26;

/**
 * Makes an init segment constant for its epoch and true, in place. Creation and modification times become 0
 * ("unknown"): an init is stored once and cached for ever, so a restart must produce the same bytes. The
 * `fLaC` entry's sample size becomes 24: mediabunny writes 16, and Chromium then refuses the first 24-bit media segment.
 */
export function normalizeInit(init: Uint8Array): void {
  const view = new DataView(init.buffer, init.byteOffset, init.byteLength);
  for (const path of TIMED_BOXES) {
    const box = findBox(init, path);
    if (box === undefined) throw new EncoderError('codec', `The init segment has no ${path.at(-1)} box`);
    const timeBytes = view.getUint8(box + 8) === 1 ? 16 : 8;
    init.fill(0, box + 12, box + 12 + timeBytes);
  }
  const entry = findBox(init, FLAC_ENTRY);
  if (entry !== undefined) view.setUint16(entry + SAMPLE_SIZE_OFFSET, STATION_FORMAT.bitDepth);
}
