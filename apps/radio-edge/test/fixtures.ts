import type { Manifest } from '@bucket-radio/manifest';
import { MANIFEST_EPOCH, MANIFEST_NOW, manifestOf as stationManifest } from '@bucket-radio/testing';
import type { EdgeBucket } from '../src/bucket.ts';
import type { EdgeConfig } from '../src/config.ts';

export const EPOCH = MANIFEST_EPOCH;
export const EPOCH_BEFORE = '01JD5XP0000000000000000000';

/** 2026-11-20T20:00:00Z, the beginning of a slot. */
export const NOW = MANIFEST_NOW;

/** Not secret: made for tests, and of no use elsewhere. */
export const SECRETS = ['n'.repeat(32), 'o'.repeat(32)] as const;

export const CONFIG: EdgeConfig = {
  secrets: [SECRETS[0]],
  origins: ['https://radio.example'],
  prefix: 'live',
  tokenSeconds: 300,
  tokensPerMinute: 5,
};

/** A private station with one rendition. */
export function manifestOf(change: Partial<Manifest> = {}): Manifest {
  const { renditions } = stationManifest();
  return stationManifest({ station: 'Private Radio', renditions: renditions.slice(0, 1), ...change });
}

export const PLAYLIST = `#EXTM3U
#EXT-X-VERSION:7
#EXT-X-TARGETDURATION:10
#EXT-X-MAP:URI="${EPOCH}/hq/init.mp4"
#EXTINF:10,
${EPOCH}/hq/00000041.mp4
#EXTINF:10,
${EPOCH}/hq/00000042.mp4
`;

export const MULTIVARIANT = `#EXTM3U
#EXT-X-STREAM-INF:BANDWIDTH=1600000,CODECS="fLaC"
hq.m3u8
`;

/** Bytes of segment 42. */
export const SEGMENT: Uint8Array = Uint8Array.from({ length: 1000 }, (_, index) => (index * 7) % 256);

export function objectsOf(manifest: Manifest = manifestOf()): Map<string, string | Uint8Array> {
  return new Map<string, string | Uint8Array>([
    ['live/manifest.json', JSON.stringify(manifest)],
    ['live/index.m3u8', MULTIVARIANT],
    ['live/hq.m3u8', PLAYLIST],
    [`live/${EPOCH}/hq/init.mp4`, 'init'],
    [`live/${EPOCH}/hq/00000042.mp4`, SEGMENT],
    [`live/${EPOCH_BEFORE}/hq/00000039.mp4`, SEGMENT],
    ['live/secret.txt', 'nobody reads this'],
  ]);
}

/** A bucket in memory that counts its reads by key. */
export function bucketOf(objects: ReadonlyMap<string, string | Uint8Array> = objectsOf()) {
  const reads: string[] = [];
  const bucket: EdgeBucket = {
    get: async (key) => {
      reads.push(key);
      const value = objects.get(key);
      if (value === undefined) return null;
      const bytes = typeof value === 'string' ? new TextEncoder().encode(value) : Uint8Array.from(value);
      return { size: bytes.length, httpEtag: `"etag-${bytes.length}"`, arrayBuffer: async () => bytes.buffer };
    },
  };
  return { bucket, reads };
}
