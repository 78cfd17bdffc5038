/**
 * The types that travel through a station, in the order in which sound meets them:
 * `PcmChunk → PcmBlock → FlacFrame | OpusPacket → EncodedSegment → PublishedSegment`.
 */

/** Why frames are missing from a source. */
export type GapReason = 'xrun' | 'stall' | 'unplug' | 'restart';

/** A run of frames that the source lost; they are present in the timeline as silence. */
export interface PcmGap {
  /** Station frame at which the silence starts. */
  readonly position: number;
  /** Length in frames. */
  readonly frames: number;
  readonly reason: GapReason;
}

/** What a source delivered in one read: any number of whole frames. */
export interface PcmChunk {
  /** Station frame counter of the first frame; consecutive chunks are contiguous. */
  readonly position: number;
  /** Frames in `data`. */
  readonly frames: number;
  /** Interleaved signed little-endian 24-bit stereo: `frames × 6` bytes. The receiver may keep it. */
  readonly data: Uint8Array;
  /** UTC label of the first frame, in milliseconds. A label: it never decides where a segment is cut. */
  readonly utcMs: number;
  /** The first frame's place on the monotonic clock, in milliseconds; live sources say it. Never steps. */
  readonly capturedMonotonicMs?: number;
  /**
   * Gaps that are over when this chunk begins or ends; their silence lies in this chunk or in the ones just before it.
   * A gap of more than 10 s is listed in contiguous parts with the same reason.
   */
  readonly gaps?: readonly PcmGap[];
}

/** 1920 frames (40 ms) of the station's timeline; only the last block of a finite source may be shorter. */
export interface PcmBlock {
  readonly position: number;
  readonly frames: number;
  /** Interleaved signed little-endian 24-bit stereo: `frames × 6` bytes. Never written to after hand-over. */
  readonly data: Uint8Array;
  readonly utcMs: number;
  /** Index of the segment this block belongs to. */
  readonly segment: number;
  /** Present on the block that completes a segment. */
  readonly segmentEnd?: SegmentEnd;
  readonly gaps?: readonly PcmGap[];
}

/** What is known about a segment when its last frame has been captured. */
export interface SegmentEnd {
  readonly index: number;
  /** Station frame of the segment's first frame. */
  readonly position: number;
  readonly frames: number;
  /** UTC label of the first frame, in milliseconds. */
  readonly utcMs: number;
  /** MD5 of the segment's PCM as interleaved S24LE: FLAC's own MD5. 16 bytes. */
  readonly pcmMd5: Uint8Array;
}

/** One FLAC frame as libFLAC wrote it. */
export interface FlacFrame {
  readonly position: number;
  readonly frames: number;
  readonly data: Uint8Array;
}

/** One 20 ms Opus packet; it decodes to frames `[position, position + 960)`. */
export interface OpusPacket {
  readonly position: number;
  readonly frames: number;
  readonly data: Uint8Array;
}

/** The two qualities of a station: `hq` is bit-perfect FLAC, `lq` is Opus. */
export type RenditionName = 'hq' | 'lq';

/** A segment as it will stand in the bucket: one CMAF object. */
export interface EncodedSegment {
  readonly rendition: RenditionName;
  readonly index: number;
  readonly position: number;
  readonly frames: number;
  readonly utcMs: number;
  /** The media object: leading `uuid` box, then `moof` and `mdat`. See docs/format.md. */
  readonly data: Uint8Array;
  /** The rendition's init segment; the same bytes for every segment of an epoch. */
  readonly init: Uint8Array;
}

/** A segment that a listener can read. */
export interface PublishedSegment {
  readonly index: number;
  readonly position: number;
  readonly frames: number;
  readonly utcMs: number;
  /** Bytes per rendition. */
  readonly bytes: Readonly<Partial<Record<RenditionName, number>>>;
  /** UTC at which the manifest naming it was in the bucket, in milliseconds. */
  readonly visibleAtMs: number;
}

/** Whether what is captured is what the source holds, sample for sample. */
export type Fidelity = 'bit-perfect' | 'converted';
