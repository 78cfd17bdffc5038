import type { Manifest } from '@bucket-radio/manifest';

/** 2026-11-20T20:00:00Z: when the manifest below is fresh. */
export const NOW = Date.UTC(2026, 10, 20, 20);

const EPOCH = '01JD5XQ0000000000000000000';

/** A live station's manifest, for tests. */
export function manifestOf(change: Partial<Manifest> = {}): Manifest {
  return {
    version: 1,
    station: 'Radio <Ünter>',
    live: true,
    epoch: EPOCH,
    segmentSeconds: 10,
    sampleRate: 48_000,
    first: 40,
    latest: 42,
    latestStart: NOW - 12_000,
    nextEta: NOW + 8_000,
    updatedAt: NOW - 2_000,
    fidelity: 'bit-perfect',
    renditions: [
      {
        name: 'hq',
        codec: 'flac',
        mime: 'audio/mp4; codecs="flac"',
        init: `${EPOCH}/hq/init.mp4`,
        segment: `${EPOCH}/hq/{index}.mp4`,
        bitDepth: 24,
        bitrate: 1_520_400,
      },
      {
        name: 'lq',
        codec: 'opus',
        mime: 'audio/mp4; codecs="opus"',
        init: `${EPOCH}/lq/init.mp4`,
        segment: `${EPOCH}/lq/{index}.mp4`,
        bitrate: 128_000,
      },
    ],
    breaks: [],
    gaps: [],
    missing: [],
    ...change,
  };
}
