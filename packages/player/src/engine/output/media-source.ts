import type { CodecConfig } from '../mp4/init.ts';

type Codec = CodecConfig['codec'];

/** Safari's kind of MediaSource, the only one on iPhones. */
interface ManagedMediaSourceScope {
  readonly ManagedMediaSource?: typeof MediaSource;
}

/** Safari spells the codecs as the sample entries are called; Chromium and Firefox take either. */
const SPELLINGS: Readonly<Record<Codec, readonly string[]>> = { flac: ['flac', 'fLaC'], opus: ['opus', 'Opus'] };

/** The browser's MediaSource; `undefined` where there is none. */
export function mediaSourceClass(): typeof MediaSource | undefined {
  const managed = (globalThis as ManagedMediaSourceScope).ManagedMediaSource;
  return managed ?? (typeof MediaSource === 'undefined' ? undefined : MediaSource);
}

/** The MIME type under which the browser takes `codec` in MP4; `undefined` when it does not. */
export function mediaSourceType(codec: Codec): string | undefined {
  const types = SPELLINGS[codec].map((spelling) => `audio/mp4; codecs="${spelling}"`);
  return types.find((type) => mediaSourceClass()?.isTypeSupported(type));
}

/** The codecs that MediaSource takes. */
export function mediaSourceCodecs(): Codec[] {
  return (['flac', 'opus'] as const).filter((codec) => mediaSourceType(codec) !== undefined);
}

/** Whether the browser plays HLS by itself. */
export function playsHls(): boolean {
  return typeof Audio !== 'undefined' && new Audio().canPlayType('application/vnd.apple.mpegurl') !== '';
}
