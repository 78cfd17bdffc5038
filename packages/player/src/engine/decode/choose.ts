import { PlayerError } from '../error.ts';
import { AudioDataDecoder } from './audio-data.ts';
import type { SegmentDecoder } from './decoder.ts';
import { WebCodecsDecoder, webCodecsSupport } from './webcodecs.ts';

/** The best decoder that this browser has. @throws PlayerError UnsupportedBrowser */
export async function chooseDecoder(): Promise<SegmentDecoder> {
  const codecs = await webCodecsSupport();
  if (codecs.includes('flac')) return new WebCodecsDecoder(codecs);
  if (typeof OfflineAudioContext !== 'undefined') return new AudioDataDecoder();
  throw new PlayerError('UnsupportedBrowser', 'this browser has neither WebCodecs nor Web Audio');
}
