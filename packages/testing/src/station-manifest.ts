import type { Manifest } from '@bucket-radio/manifest';

/** 2026-11-20T20:00:00Z: when the manifest below is fresh. */
export const MANIFEST_NOW: number = Date.UTC(2026, 10, 20, 20);

/** Of the manifest below; a ULID. */
export const MANIFEST_EPOCH = '01JD5XQ0000000000000000000';

/** A live station's manifest: at {@link MANIFEST_NOW} it is two seconds old. */
export function manifestOf(change: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    station: 'Radio <Ünter>',
    live: true,
    epoch: MANIFEST_EPOCH,
    segmentSeconds: 10,
    sampleRate: 48_000,
    first: 40,
    latest: 42,
    latestStart: MANIFEST_NOW - 12_000,
    nextEta: MANIFEST_NOW + 8_000,
    updatedAt: MANIFEST_NOW - 2_000,
    fidelity: 'bit-perfect',
    renditions: [
      {
        name: 'hq',
        codec: 'flac',
        mime: 'audio/mp4; codecs="flac"',
        init: `${MANIFEST_EPOCH}/hq/init.mp4`,
        segment: `${MANIFEST_EPOCH}/hq/{index}.mp4`,
        bitDepth: 24,
        bitrate: 1_520_400,
      },
      {
        name: 'lq',
        codec: 'opus',
        mime: 'audio/mp4; codecs="opus"',
        init: `${MANIFEST_EPOCH}/lq/init.mp4`,
        segment: `${MANIFEST_EPOCH}/lq/{index}.mp4`,
        bitrate: 128_000,
      },
    ],
    breaks: [],
    gaps: [],
    missing: [],
    ...change,
  };
}
