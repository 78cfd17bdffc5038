import { PlayerError } from '../error.ts';
import type { SegmentDecoder } from './decoder.ts';
import { WebCodecsDecoder, webCodecsSupport } from './webcodecs.ts';

/**
 * The best decoder that this browser has: WebCodecs, and for what that lacks `decodeAudioData`, then WebAssembly. These are in
 * a file of their own, which most browsers never load.
 * @throws PlayerError UnsupportedBrowser
 */
export async function chooseDecoder(): Promise<SegmentDecoder> {
  const native = new WebCodecsDecoder(await webCodecsSupport());
  if (native.codecs.length === 2) return native;
  const { completeDecoder } = await import('./fallback.ts');
  const decoder = await completeDecoder(native);
  if (decoder.codecs.length > 0) return decoder;
  throw new PlayerError('UnsupportedBrowser', 'WebCodecs, Web Audio and WebAssembly are missing');
}
