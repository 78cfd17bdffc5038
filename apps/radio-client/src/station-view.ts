import type { Manifest, ManifestRendition } from '@bucket-radio/manifest';
import type { ManifestAnswer } from './manifest-reader.ts';

/** What a visitor is told about the station. */
export interface StationView {
  readonly name: string;
  readonly state: 'live' | 'starting' | 'offline';
  /** The state in words. */
  readonly status: string;
  /** Sound quality in one line. */
  readonly format: string;
  readonly fidelity?: string;
  readonly nowPlaying?: string;
}

/** A station that is this late with its next segment is not on the air any more, whatever its manifest says. */
const SILENCE_MS = 30_000;

const DEFAULT_FORMAT = 'Lossless FLAC, 48 kHz, 24 bit, stereo; or Opus where the line is thin';

/**
 * @param fallbackName the station's name while there is no manifest to say it
 * @param utcMs now
 */
export function viewStation(answer: ManifestAnswer, fallbackName: string, utcMs: number): StationView {
  if (!answer.ok) {
    const starting = answer.code === 'NotStarted';
    const status = starting ? 'Starting: nothing has been broadcast yet' : 'Cannot be reached at the moment';
    return { name: fallbackName, state: starting ? 'starting' : 'offline', status, format: DEFAULT_FORMAT };
  }
  const { manifest } = answer;
  return {
    name: manifest.station,
    ...stateOf(manifest, utcMs),
    format: formatOf(manifest),
    fidelity:
      manifest.fidelity === 'bit-perfect'
        ? 'Bit-perfect: you hear the samples that were captured'
        : 'Converted to 48 kHz / 24 bit on the way in, lossless from there',
    ...nowPlayingOf(manifest),
  };
}

function stateOf(manifest: Manifest, utcMs: number): Pick<StationView, 'state' | 'status'> {
  if (!manifest.live) return { state: 'offline', status: 'Off the air' };
  const late = utcMs - manifest.nextEta > Math.max(SILENCE_MS, 3_000 * manifest.segmentSeconds);
  if (late) return { state: 'offline', status: 'Off the air: nothing new has arrived for a while' };
  return { state: 'live', status: 'On the air' };
}

function formatOf({ renditions, sampleRate }: Manifest): string {
  const texts = renditions.map((rendition) => renditionText(rendition, sampleRate));
  return texts.length === 0 ? DEFAULT_FORMAT : texts.join('; or ');
}

function renditionText({ codec, bitDepth, bitrate }: ManifestRendition, sampleRate: number): string {
  const rate = `${Math.round(bitrate / 1000)}\u00a0kbit/s`;
  if (codec === 'opus') return `Opus at ${rate}`;
  return `Lossless FLAC, ${sampleRate / 1000}\u00a0kHz, ${bitDepth ?? 24}\u00a0bit, stereo, at ${rate}`;
}

function nowPlayingOf({ nowPlaying }: Manifest): Pick<StationView, 'nowPlaying'> {
  if (nowPlaying === undefined) return {};
  const { title, artist, album } = nowPlaying;
  return { nowPlaying: [artist, title, album].filter((part) => part !== undefined && part !== '').join(' · ') };
}
