import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { CaptureError } from '../error.ts';
import { runTool } from '../tool.ts';
import { ALSA_FORMATS, type AlsaFormat, type ChannelPair, LAYOUTS } from './formats.ts';

/** What the kernel holds while nobody reads: a stall of the process up to this long loses nothing. */
const BUFFER_MS = 2_400;
/** How often arecord hands data over. 30 periods per buffer: most hardware allows 32. */
const HARDWARE_PERIOD_MS = 80;
/** A plug-in has no such limit; a sound server sends as often as it is asked, and gaps are measured the finer for it. */
const PLUGIN_PERIOD_MS = 20;
/** Frames read to learn whether a format works. */
const TRIAL_FRAMES = 480;
/** A device that delivers nothing for this long while it is tried does not work. */
const TRIAL_TIMEOUT_MS = 5_000;

/** Arguments for recording raw sound at 48 kHz from `pcm` to standard output. */
export function arecordArguments(pcm: string, { format, channels }: Pick<AlsaSetup, 'format' | 'channels'>): string[] {
  const periodMs = isHardware(pcm) ? HARDWARE_PERIOD_MS : PLUGIN_PERIOD_MS;
  const times = [`--period-time=${periodMs * 1000}`, `--buffer-time=${BUFFER_MS * 1000}`];
  return ['-D', pcm, '-f', format, '-r', String(SAMPLE_RATE), '-c', String(channels), '-t', 'raw', ...times];
}

/** Only `hw:` PCMs are the hardware itself; every other may resample or mix. */
export function isHardware(pcm: string): boolean {
  return pcm.startsWith('hw:');
}

/** How a PCM delivers. */
export interface AlsaSetup {
  readonly format: AlsaFormat;
  /** Channels the device records at once. */
  readonly channels: number;
  /** Significant bits per sample, as the driver says (24 in 32, for example). */
  readonly bits: number;
}

export interface TrialOptions {
  readonly arecord: string;
  /** The end of an error message: which cards there are. */
  readonly cards: string;
  /** Which channels the station will take; the device must have them. */
  readonly pair: ChannelPair;
}

/**
 * Records a few frames in each format, best first, and returns the first that works, with the fewest channels that
 * include the pair: many interfaces record all of their inputs or none.
 * @throws CaptureError when the PCM does not open, is busy, delivers nothing, cannot do 48 kHz or has not these channels
 */
export async function tryFormats(pcm: string, options: TrialOptions): Promise<AlsaSetup> {
  const wanted = Math.max(2, ...options.pair);
  let offered: ChannelRange = { least: 0, most: MAX_CHANNELS };
  for (let channels = wanted; channels <= offered.most; channels = Math.max(channels + 1, offered.least)) {
    const answer = await tryFormatsWith(pcm, channels, options);
    if ('format' in answer) return answer;
    offered = answer;
  }
  const { least, most } = offered;
  const has = most === 0 ? '' : `; it has ${least === most ? most : `${least} to ${most}`}`;
  const error = `ALSA PCM "${pcm}" cannot record ${wanted} channels${has}`;
  throw new CaptureError('UnsupportedFormat', `${error}; choose other channels or another device${orConvert(pcm)}`);
}

interface ChannelRange {
  readonly least: number;
  readonly most: number;
}

/** More than the interfaces that ALSA knows record at once. */
const MAX_CHANNELS = 64;

/** Reads `CHANNELS: 4` or `CHANNELS: [2 8]` of arecord's list of what the device can. */
function channelRange(text: string): ChannelRange {
  const [, least, most] = /^CHANNELS: *[[(]?(\d+)(?: +(\d+))?/m.exec(text) ?? [];
  if (least === undefined) return { least: 0, most: 0 };
  return { least: Number(least), most: Math.min(Number(most ?? least), MAX_CHANNELS) };
}

/** @returns what the device offers when it cannot record this number of channels */
async function tryFormatsWith(
  pcm: string,
  channels: number,
  { arecord, cards }: TrialOptions,
): Promise<AlsaSetup | ChannelRange> {
  for (const format of ALSA_FORMATS) {
    const recording = arecordArguments(pcm, { format, channels });
    const args = ['-v', '--dump-hw-params', ...recording, '-s', String(TRIAL_FRAMES)];
    const { code, output, lines, timedOut } = await runTool(arecord, args, TRIAL_TIMEOUT_MS);
    const frames = output.length / (channels * LAYOUTS[format].sampleBytes);
    const text = lines.join('\n');
    if (timedOut)
      throw new CaptureError('SourceFailed', `${pcm} opened but delivered nothing in ${TRIAL_TIMEOUT_MS} ms`);
    if (code === 0 && frames >= TRIAL_FRAMES) {
      refuseOtherRates(pcm, text);
      const bits = Number(/msbits\s*: (\d+)/.exec(text)?.[1] ?? LAYOUTS[format].bits);
      return { format, channels, bits };
    }
    if (/channels count non available/i.test(text)) return channelRange(text);
    if (!/sample format non available/i.test(text)) throw explain(pcm, lines, cards);
  }
  throw new CaptureError('UnsupportedFormat', `${pcm} offers none of the sample formats ${ALSA_FORMATS.join(', ')}`);
}

/** arecord records at another rate after a mere warning; the station must not. */
function refuseOtherRates(pcm: string, text: string): void {
  const rate = Number(
    /rate is not accurate.*got = (\d+)/.exec(text)?.[1] ?? /exact rate\s*: (\d+)/.exec(text)?.[1] ?? SAMPLE_RATE,
  );
  if (rate !== SAMPLE_RATE) throw wrongRate(pcm, rate);
}

/** The error for a line of arecord's that says that the rate is another one, if it does. */
export function rateError(pcm: string, line: string): CaptureError | undefined {
  const got = /rate is not accurate.*got = (\d+)/.exec(line)?.[1];
  return got === undefined ? undefined : wrongRate(pcm, Number(got));
}

function wrongRate(pcm: string, rate: number): CaptureError {
  return new CaptureError(
    'UnsupportedFormat',
    `${pcm} runs at ${rate} Hz and the station at ${SAMPLE_RATE} Hz; set the device to ${SAMPLE_RATE} Hz${orConvert(pcm)}`,
  );
}

function orConvert(pcm: string): string {
  return isHardware(pcm) ? `, or use alsa:plug${pcm} to have it converted` : '';
}

/** Turns what arecord printed before it gave up into an error by outcome. */
function explain(pcm: string, lines: readonly string[], cards: string): CaptureError {
  const text = lines.join('\n');
  const said = (lines.at(-1) ?? 'arecord gave no reason').replace(/^arecord: \w+:\d+: /, '');
  if (/device or resource busy/i.test(text)) {
    return new CaptureError(
      'SourceBusy',
      `ALSA PCM "${pcm}" is in use by another program; close it, or use another device`,
    );
  }
  if (/no such file or directory|no such device|unknown pcm/i.test(text)) {
    return new CaptureError('SourceNotFound', `ALSA PCM "${pcm}" was not found; ${cards}`);
  }
  return new CaptureError('SourceFailed', `ALSA PCM "${pcm}" cannot be opened: ${said}; ${cards}`);
}
