import type { RenditionName } from '@bucket-radio/pcm';

/** Keys below the station's prefix (default `live/`). */
export const MANIFEST_KEY = 'manifest.json';
export const PLAYLIST_KEYS: { readonly index: string; readonly hq: string; readonly lq: string } = {
  index: 'index.m3u8',
  hq: 'hq.m3u8',
  lq: 'lq.m3u8',
};

/** Digits of a segment index in a key. Larger indices simply get longer: sort by number, never by text. */
const INDEX_DIGITS = 8;

/** `42` → `00000042`. */
export function formatIndex(index: number): string {
  return String(index).padStart(INDEX_DIGITS, '0');
}

/** `{epoch}/hq/00000042.mp4` */
export function segmentKey(epoch: string, rendition: RenditionName, index: number): string {
  return `${epoch}/${rendition}/${formatIndex(index)}.mp4`;
}

/** `{epoch}/hq/init.mp4` */
export function initKey(epoch: string, rendition: RenditionName): string {
  return `${epoch}/${rendition}/init.mp4`;
}

/** `{epoch}/hq/{index}.mp4`, the template that the manifest carries. */
export function segmentTemplate(epoch: string, rendition: RenditionName): string {
  return `${epoch}/${rendition}/{index}.mp4`;
}

/** The path of segment `index` from a manifest's template. */
export function expandSegmentTemplate(template: string, index: number): string {
  return template.replace('{index}', formatIndex(index));
}

/** `{epoch}/index/2026112020.json` */
export function indexKey(epoch: string, hour: string): string {
  return `${epoch}/index/${hour}.json`;
}

/** `{epoch}/index/{hour}.json`, the template that the manifest of a long window carries. */
export function indexTemplate(epoch: string): string {
  return indexKey(epoch, '{hour}');
}

/** What a key below the station's prefix is, or `undefined` for a key that is not ours. */
export type StationKey =
  | { readonly kind: 'manifest' | 'playlist' }
  | { readonly kind: 'index'; readonly epoch: string; readonly hour: string }
  | { readonly kind: 'init'; readonly epoch: string; readonly rendition: RenditionName }
  | { readonly kind: 'segment'; readonly epoch: string; readonly rendition: RenditionName; readonly index: number };

const MEDIA_KEY = /^([0-7][0-9A-HJKMNP-TV-Z]{25})\/(hq|lq)\/(init|\d{8,15})\.mp4$/;

const INDEX_KEY = /^([0-7][0-9A-HJKMNP-TV-Z]{25})\/index\/(\d{10})\.json$/;

/** Recognises a key below the station's prefix. Everything else in the bucket belongs to somebody else. */
export function parseStationKey(key: string): StationKey | undefined {
  if (key === MANIFEST_KEY) return { kind: 'manifest' };
  if (Object.values(PLAYLIST_KEYS).includes(key)) return { kind: 'playlist' };
  const [, indexEpoch, hour] = INDEX_KEY.exec(key) ?? [];
  if (indexEpoch !== undefined && hour !== undefined) return { kind: 'index', epoch: indexEpoch, hour };
  const [, epoch, rendition, name] = MEDIA_KEY.exec(key) ?? [];
  if (epoch === undefined || name === undefined) return undefined;
  const media = { epoch, rendition: rendition as RenditionName };
  return name === 'init' ? { kind: 'init', ...media } : { kind: 'segment', ...media, index: Number(name) };
}

/** HTTP metadata of an object below the station's prefix (docs/format.md, "HTTP"). */
export interface StationObjectHeaders {
  readonly contentType: string;
  readonly cacheControl: string;
}

const MUTABLE = 'no-cache';
const IMMUTABLE = 'public, max-age=31536000, immutable';

/** The `Content-Type` and `Cache-Control` an object of this key is stored with. */
export function stationObjectHeaders(key: string): StationObjectHeaders {
  if (key.endsWith('.json')) return { contentType: 'application/json', cacheControl: MUTABLE };
  if (key.endsWith('.m3u8')) return { contentType: 'application/vnd.apple.mpegurl', cacheControl: MUTABLE };
  return { contentType: 'audio/mp4', cacheControl: IMMUTABLE };
}
