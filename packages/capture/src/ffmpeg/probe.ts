import { CaptureError } from '../error.ts';
import { runTool } from '../tool.ts';
import type { FfmpegInput } from './input.ts';

/** What ffprobe says about the first audio stream. */
export interface AudioStream {
  readonly codec: string;
  readonly sampleRate: number;
  readonly channels: number;
  /** ffmpeg's name of the decoded sample type: `s16`, `s32p`, `fltp`, … */
  readonly sampleFormat: string;
  /** Significant bits per sample; 0 when the codec has none. */
  readonly bitDepth: number;
  /** Seconds, when the input says so. Endless streams do not. */
  readonly durationSeconds?: number;
}

/** Longest wait for a first answer, reading included. */
const PROBE_TIMEOUT_MS = 20_000;

const ENTRIES = 'stream=codec_name,sample_fmt,sample_rate,channels,bits_per_sample,bits_per_raw_sample:format=duration';

/**
 * Asks ffprobe what the input is.
 * @throws CaptureError `SourceNotFound` (missing, refused, timed out), `UnsupportedFormat` (not audio), `ToolMissing`
 */
export async function probe(input: FfmpegInput, ffprobe: string): Promise<AudioStream> {
  const args = ['-hide_banner', '-v', 'error', ...input.options.filter((option) => option !== '-re')];
  args.push('-select_streams', 'a:0', '-show_entries', ENTRIES, '-of', 'json', '-i', input.url);
  const { code, output, lines, timedOut } = await runTool(ffprobe, args, PROBE_TIMEOUT_MS);
  if (timedOut) throw notFound(input, `nothing readable arrived within ${PROBE_TIMEOUT_MS / 1000} s`);
  if (code !== 0) throw explain(input, input.redact(lines.at(-1) ?? 'ffprobe gave no reason'));
  const stream = parseProbe(output.toString('utf8'));
  if (stream) return stream;
  throw new CaptureError('UnsupportedFormat', `${input.name} has no audio stream; use a file or URL that has one`);
}

/** Reads ffprobe's JSON; `undefined` when there is no audio stream in it. */
function parseProbe(json: string): AudioStream | undefined {
  const answer = JSON.parse(json) as {
    streams?: Record<string, string | number | undefined>[];
    format?: { duration?: string };
  };
  const stream = answer.streams?.[0];
  if (stream === undefined) return undefined;
  const duration = Number(answer.format?.duration);
  return {
    codec: String(stream['codec_name'] ?? 'unknown'),
    sampleRate: Number(stream['sample_rate'] ?? 0),
    channels: Number(stream['channels'] ?? 0),
    sampleFormat: String(stream['sample_fmt'] ?? ''),
    bitDepth: Number(stream['bits_per_raw_sample'] ?? 0) || Number(stream['bits_per_sample'] ?? 0),
    ...(Number.isFinite(duration) ? { durationSeconds: duration } : {}),
  };
}

function explain(input: FfmpegInput, line: string): CaptureError {
  const said = line.slice(line.lastIndexOf(': ') + 1).trim();
  if (/invalid data|could not find codec|moov atom/i.test(line)) {
    return new CaptureError('UnsupportedFormat', `${input.name} is not audio that ffmpeg can read (${said})`);
  }
  return notFound(input, said);
}

function notFound(input: FfmpegInput, why: string): CaptureError {
  const fix = input.network ? 'check the URL and that its server answers' : 'check the file';
  return new CaptureError('SourceNotFound', `${input.name} cannot be opened: ${why}; ${fix}`);
}
