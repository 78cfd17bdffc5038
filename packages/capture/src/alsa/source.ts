import { DepthMeter } from '../depth.ts';
import { DEVICE_POLICY } from '../live/gap-accountant.ts';
import {
  CONVERTED_DEVICE_POLICY,
  DEVICE_REOPEN,
  type DeviceSource,
  type LiveAttempt,
  type LiveInput,
} from '../live/live-input.ts';
import type { SourceInfo } from '../source.ts';
import { startTool, type ToolOptions, type Tools } from '../tool.ts';
import { type AlsaSetup, arecordArguments, isHardware, rateError, tryFormats } from './arecord.ts';
import { availableCards, cardPcm, findCard, PROC_ASOUND, readCards } from './cards.ts';
import { type ChannelPair, hasMoreThan24Bits, LAYOUTS, selectPair, toS24le } from './formats.ts';

export interface AlsaOptions {
  readonly tools: Tools;
  readonly onMessage: (line: string) => void;
  /** Part of a card's name, used when no PCM is named. */
  readonly device?: string;
  /** Which of its channels become left and right, from 1. Default: the first two. */
  readonly channels?: ChannelPair;
  readonly procAsound?: string;
}

/**
 * Opens a PCM by name, or else the card that `device` fits: then the hardware itself (`hw:`), never a PCM that
 * converts. Only `hw:` PCMs are bit-perfect; everything else may resample or mix and is called converted.
 */
export async function openAlsa(pcm: string | undefined, options: AlsaOptions): Promise<DeviceSource> {
  const cards = await readCards(options.procAsound ?? PROC_ASOUND);
  const name = pcm ?? cardPcm(findCard(cards, options.device));
  const pair = options.channels ?? [1, 2];
  const { arecord } = options.tools;
  const setup = await tryFormats(name, { arecord, cards: availableCards(cards), pair });
  const bitDepth = Math.min(setup.bits, 24);
  const hardware = isHardware(name);
  const how = hardware ? 'straight from the hardware' : 'through an ALSA plug-in that may convert';
  const which =
    setup.channels === 2 && !options.channels ? '' : `, channels ${pair.join(' and ')} of ${setup.channels}`;
  const info: SourceInfo = {
    kind: 'alsa',
    name,
    fidelity: hardware ? 'bit-perfect' : 'converted',
    bitDepth,
    live: true,
    detail: `ALSA ${name}: 48000 Hz ${bitDepth} bit stereo (${setup.format})${which}, ${how}`,
  };
  const depth = new DepthMeter();
  const convert = createConverter(name, setup, { pair, depth, say: options.onMessage });
  const input: LiveInput = {
    name: `ALSA PCM "${name}"`,
    toolName: 'arecord',
    gaps: hardware ? DEVICE_POLICY : CONVERTED_DEVICE_POLICY,
    reopen: DEVICE_REOPEN,
    start: async (tool) => start(await currentName(pcm, name, options), setup, { arecord, tool, convert }),
    readLine: (line) => {
      if (line.startsWith('Recording raw data') || line.startsWith('Aborted by signal')) return 'routine';
      if (/^overrun!!!/.test(line)) return 'overrun';
      return rateError(name, line);
    },
  };
  return { info, input, depth };
}

/** A card that was plugged in again may have another id. */
async function currentName(pcm: string | undefined, name: string, options: AlsaOptions): Promise<string> {
  if (pcm !== undefined) return name;
  try {
    return cardPcm(findCard(await readCards(options.procAsound ?? PROC_ASOUND), options.device));
  } catch {
    return name;
  }
}

interface StartOptions {
  readonly arecord: string;
  readonly tool: ToolOptions;
  readonly convert: (data: Uint8Array) => Uint8Array;
}

function start(pcm: string, setup: AlsaSetup, { arecord, tool, convert }: StartOptions): LiveAttempt {
  return {
    tool: startTool(arecord, arecordArguments(pcm, setup), tool),
    frameBytes: setup.channels * LAYOUTS[setup.format].sampleBytes,
    toS24le: convert,
  };
}

interface ConverterOptions {
  readonly pair: ChannelPair;
  readonly depth: DepthMeter;
  readonly say: (line: string) => void;
}

/** The chosen pair as S24LE. Says once, if it is so, that a device uses more bits than the station carries. */
function createConverter(
  pcm: string,
  { format, channels }: AlsaSetup,
  options: ConverterOptions,
): StartOptions['convert'] {
  const { pair, depth, say } = options;
  let said = format !== 'S32_LE';
  return (data) => {
    const stereo = selectPair(data, format, channels, pair);
    if (!said && hasMoreThan24Bits(stereo)) {
      said = true;
      depth.addFiner();
      say(`${pcm} delivers more than 24 bits per sample; the lowest 8 are not carried`);
    }
    const samples = toS24le(stereo, format);
    depth.add(samples);
    return samples;
  };
}
