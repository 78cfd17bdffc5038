import { CaptureError } from './error.ts';
import { redactText } from './redact.ts';

/** A parsed source specification. */
export type SourceSpec =
  | { readonly kind: 'demo' }
  | { readonly kind: 'tone'; readonly frequencyHz: number; readonly levelDbfs: number }
  | { readonly kind: 'ffmpeg'; readonly input: string }
  /** A file or playlist, played for ever. */
  | { readonly kind: 'ffmpeg-loop'; readonly path: string }
  /** `-f format -i device` of ffmpeg. */
  | { readonly kind: 'ffmpeg-device'; readonly format: string; readonly device: string }
  /** A source of a sound server; its default without `source`. */
  | { readonly kind: 'pulse' | 'pipewire'; readonly source?: string }
  /** In order of preference. */
  | { readonly kind: 'failover'; readonly specs: readonly string[] }
  /** Without `pcm` the card is found by name. */
  | { readonly kind: 'alsa'; readonly pcm?: string };

const FORMS =
  'demo, tone[:frequencyHz[,levelDbfs]], ffmpeg:<file or URL>, ffmpeg-loop:<file or playlist>, ' +
  'ffmpeg-device:<format>:<device>, alsa[:<PCM name>], pulse[:<source>], pipewire[:<target>], ' +
  'failover:<source>|<source>[|…]';

/**
 * Reads `demo`, `tone:440,-20`, `ffmpeg:song.flac`, `alsa:hw:CARD=USB` and the like.
 * @throws CaptureError `UnknownSource`
 */
export function parseSourceSpec(spec: string): SourceSpec {
  const colon = spec.indexOf(':');
  const kind = colon < 0 ? spec : spec.slice(0, colon);
  const rest = colon < 0 ? undefined : spec.slice(colon + 1);
  if (kind === 'demo' && rest === undefined) return { kind };
  if (kind === 'tone') return parseTone(spec, rest);
  if (kind === 'ffmpeg' && rest) return { kind, input: rest };
  if (kind === 'alsa') return rest ? { kind, pcm: rest } : { kind };
  if (kind === 'ffmpeg-loop' && rest) return { kind, path: rest };
  if (kind === 'pulse' || kind === 'pipewire') return rest ? { kind, source: rest } : { kind };
  if (kind === 'ffmpeg-device' && rest) {
    const [, format, device] = /^([a-z0-9_]+):(.+)$/.exec(rest) ?? [];
    if (format !== undefined && device !== undefined) return { kind, format, device };
  }
  if (kind === 'failover' && rest) {
    const specs = rest.split('|').map((part) => part.trim());
    if (specs.length >= 2 && specs.every((part) => parseSourceSpec(part).kind !== 'failover')) return { kind, specs };
  }
  const wrong =
    kind === 'failover' ? 'does not name two or more sources that are no failover themselves' : 'is unknown';
  throw new CaptureError('UnknownSource', `source "${redactText(spec)}" ${wrong}; use one of: ${FORMS}${hint(spec)}`);
}

function hint(spec: string): string {
  return /[/.]/.test(spec) && !/^(ffmpeg|failover)/.test(spec) ? ' (a file or URL is written ffmpeg:…)' : '';
}

function parseTone(spec: string, rest: string | undefined): SourceSpec {
  const [frequency = '1000', level = '-18', ...extra] = rest === undefined ? [] : rest.split(',');
  const frequencyHz = Math.round(number(frequency) * 1000) / 1000;
  const levelDbfs = number(level);
  const right = extra.length === 0 && frequencyHz >= 1 && frequencyHz <= 23_999 && levelDbfs >= -120 && levelDbfs <= 0;
  if (right) return { kind: 'tone', frequencyHz, levelDbfs };
  throw new CaptureError(
    'UnknownSource',
    `source "${spec}" is not a tone; use tone[:frequencyHz[,levelDbfs]] with 1 to 23999 Hz and -120 to 0 dBFS`,
  );
}

function number(text: string): number {
  return text.trim() === '' ? Number.NaN : Number(text);
}
