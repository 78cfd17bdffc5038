import { BYTES_PER_FRAME, SAMPLE_RATE } from '@bucket-radio/pcm';
import { CaptureError } from '../error.ts';
import type { SourceInfo } from '../source.ts';
import { inBlocks, type PcmBytes } from '../timeline.ts';
import { startTool, type Tools } from '../tool.ts';
import { deviceInput, type FfmpegInput, resolveInput } from './input.ts';
import { type ConversionPlan, planConversion } from './plan.ts';
import { probe } from './probe.ts';

export interface FfmpegSource {
  readonly info: SourceInfo;
  readonly target: FfmpegInput;
  readonly plan: ConversionPlan;
  /** S24LE stereo in blocks of 1920 frames, as fast as it is read. */
  bytes(signal: AbortSignal): PcmBytes;
}

export interface FfmpegOptions {
  readonly tools: Tools;
  readonly onMessage: (line: string) => void;
}

/** Opens a file or URL: probes it, and says what will be done to its samples. */
export async function openFfmpeg(text: string, options: FfmpegOptions): Promise<FfmpegSource> {
  return await openInput(await resolveInput(text), options);
}

/** The same for a device: it never ends. */
export async function openFfmpegDevice(format: string, device: string, options: FfmpegOptions): Promise<FfmpegSource> {
  return await openInput(deviceInput(format, device), options);
}

async function openInput(input: FfmpegInput, options: FfmpegOptions): Promise<FfmpegSource> {
  const stream = await probe(input, options.tools.ffprobe);
  const plan = planConversion(stream, input.name);
  const info: SourceInfo = {
    kind: input.device ? 'ffmpeg-device' : 'ffmpeg',
    name: input.name,
    fidelity: plan.fidelity,
    bitDepth: plan.bitDepth,
    live: input.device || (input.network && stream.durationSeconds === undefined),
    detail: `${input.name}: ${plan.detail}`,
  };
  return { info, target: input, plan, bytes: (signal) => decode(input, plan, options, signal) };
}

async function* decode(
  input: FfmpegInput,
  plan: ConversionPlan,
  options: FfmpegOptions,
  signal: AbortSignal,
): PcmBytes {
  if (signal.aborted) return;
  let last = '';
  const onLine = (line: string): void => {
    last = input.redact(line);
    options.onMessage(`ffmpeg: ${last}`);
  };
  const tool = startTool(options.tools.ffmpeg, ffmpegArguments(input, plan), { signal, onLine });
  const mono = plan.outputChannels === 1;
  try {
    for await (const block of inBlocks(tool.output, mono ? BYTES_PER_FRAME / 2 : BYTES_PER_FRAME)) {
      yield mono ? doubled(block) : block;
    }
    if (signal.aborted) return;
    const { code } = await tool.exit;
    if (code !== 0)
      throw new CaptureError('SourceFailed', `ffmpeg stopped reading ${input.name}: ${last || `exit ${code}`}`);
  } finally {
    await tool.stop();
  }
}

/** Arguments for decoding `input` to raw S24LE on standard output, as soon as there is any. */
export function ffmpegArguments(input: FfmpegInput, plan: ConversionPlan): string[] {
  const args = ['-nostdin', '-hide_banner', '-nostats', '-loglevel', 'warning', ...input.options, '-i', input.url];
  args.push('-map', '0:a:0', '-vn', '-sn', '-dn');
  if (plan.filter !== undefined) args.push('-af', plan.filter);
  // Changes nothing at 48 kHz; a live stream may come back at another rate.
  args.push(
    '-ar',
    String(SAMPLE_RATE),
    '-ac',
    String(plan.outputChannels),
    '-c:a',
    'pcm_s24le',
    '-flush_packets',
    '1',
    '-f',
    's24le',
    'pipe:1',
  );
  return args;
}

/** Mono samples in both channels, unchanged. */
export function doubled(mono: Uint8Array): Uint8Array {
  const stereo = new Uint8Array(mono.length * 2);
  for (let from = 0, to = 0; from < mono.length; from += 3, to += 6) {
    for (let byte = 0; byte < 3; byte++) {
      stereo[to + byte] = mono[from + byte] as number;
      stereo[to + 3 + byte] = mono[from + byte] as number;
    }
  }
  return stereo;
}
