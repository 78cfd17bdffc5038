import type { ChannelPair } from './alsa/formats.ts';
import { openAlsa } from './alsa/source.ts';
import { type Clock, systemClock } from './clock.ts';
import { demoInfo, renderDemo } from './demo/render.ts';
import { DepthMeter } from './depth.ts';
import { CaptureError } from './error.ts';
import type { FailoverOptions } from './failover/health.ts';
import { openFailover } from './failover/source.ts';
import { openLiveFfmpeg } from './ffmpeg/live.ts';
import { openFfmpegLoop } from './ffmpeg/loop.ts';
import { openFfmpeg, openFfmpegDevice } from './ffmpeg/source.ts';
import { LiveCapture, type LiveContext } from './live/live-capture.ts';
import type { DeviceSource } from './live/live-input.ts';
import { createNtpWatch, type NtpState, readNtpState } from './ntp.ts';
import { PIPEWIRE, PULSE } from './server/recorders.ts';
import { openServerSource } from './server/source.ts';
import type { CaptureSource, ChunkOptions, SourceInfo } from './source.ts';
import { parseSourceSpec } from './spec.ts';
import { captureStats, NOTHING_CAPTURED } from './stats.ts';
import { type Delivery, pacedChunks, unpacedChunks } from './timeline.ts';
import { generated, renderTone, toneInfo } from './tone.ts';
import { DEFAULT_TOOLS, type Tools } from './tool.ts';

export interface OpenOptions {
  /** Deliver sources that have no clock of their own (demo, tone, files) as fast as they are read. Default: real time. */
  readonly fast?: boolean;
  /** Default: the computer's own clocks. */
  readonly clock?: Clock;
  /** Receives what ffmpeg and arecord print, one line at a time, credentials masked. Default: dropped. */
  readonly onMessage?: (line: string) => void;
  /** Part of a sound card's name (`CAPTURE_DEVICE_NAME`), for `alsa` without a PCM name. */
  readonly device?: string;
  /** Which channels of a sound card become left and right, counted from 1: `[3, 4]`. Default: the first two. `alsa` only. */
  readonly channels?: ChannelPair;
  /** Programs to run instead of the ones on `PATH`. */
  readonly tools?: Partial<Tools>;
  /** When a `failover` source switches. */
  readonly failover?: FailoverOptions;
  /** Says whether the computer's clock is kept. Default: asks timedatectl or chronyc. */
  readonly readNtp?: () => Promise<NtpState>;
}

/**
 * Opens a source by its specification: `demo`, `tone[:frequencyHz[,levelDbfs]]`, `ffmpeg:<file or URL>`,
 * `ffmpeg-loop:<file or playlist>`, `ffmpeg-device:<format>:<device>`, `alsa[:<PCM name>]`, `pulse[:<source>]`,
 * `pipewire[:<target>]`, `failover:<source>|<source>`. Resolves when the source is known to be there; no sound is read yet.
 * @throws CaptureError one line for a person: what happened, the limit, the fix
 */
export async function openSource(spec: string, options: OpenOptions = {}): Promise<CaptureSource> {
  const parsed = parseSourceSpec(spec);
  const clock = options.clock ?? systemClock;
  const tools: Tools = { ...DEFAULT_TOOLS, ...options.tools };
  const onMessage = options.onMessage ?? (() => undefined);
  const context: OpenContext = {
    clock,
    onMessage,
    ntp: createNtpWatch(options.readNtp ?? readNtpState, () => clock.monotonicMs()),
    deliver: options.fast ? unpacedChunks : pacedChunks,
  };
  if (options.channels !== undefined && parsed.kind !== 'failover') checkChannels(options.channels, parsed.kind);
  switch (parsed.kind) {
    case 'demo':
      return timed(demoInfo, ({ startFrame }) => generated(renderDemo, startFrame), context);
    case 'tone': {
      const render = (position: number, frames: number): Uint8Array => renderTone(parsed, position, frames);
      return timed(toneInfo(parsed), ({ startFrame }) => generated(render, startFrame), context);
    }
    case 'ffmpeg': {
      const source = await openFfmpeg(parsed.input, { tools, onMessage });
      if (source.info.live) return live(openLiveFfmpeg(source, { tools, onMessage }), context);
      return timed(source.info, ({ signal }) => source.bytes(signal), context);
    }
    case 'ffmpeg-loop': {
      const source = await openFfmpegLoop(parsed.path, { tools, onMessage });
      return timed(source.info, ({ signal }) => source.bytes(signal), context);
    }
    case 'ffmpeg-device': {
      const source = await openFfmpegDevice(parsed.format, parsed.device, { tools, onMessage });
      return live(openLiveFfmpeg(source, { tools, onMessage }), context);
    }
    case 'pulse':
      return live(await openServerSource(PULSE, parsed.source, tools), context);
    case 'pipewire':
      return live(await openServerSource(PIPEWIRE, parsed.source, tools), context);
    case 'failover':
      return await openFailover(parsed.specs, {
        clock,
        onMessage,
        options: options.failover ?? {},
        open: async (part) => await openSource(part, partOptions(part, options)),
      });
    case 'alsa': {
      const { device, channels } = options;
      const chosen = { ...(device === undefined ? {} : { device }), ...(channels === undefined ? {} : { channels }) };
      return live(await openAlsa(parsed.pcm, { tools, onMessage, ...chosen }), context);
    }
  }
}

/** What one source of a failover is opened with: in real time, and the channels only where there are any to choose. */
function partOptions(spec: string, options: OpenOptions): OpenOptions {
  const { channels, ...rest } = options;
  const device = channels !== undefined && parseSourceSpec(spec).kind === 'alsa';
  return { ...rest, fast: false, ...(device ? { channels } : {}) };
}

interface OpenContext extends LiveContext {
  readonly ntp: () => NtpState;
  readonly deliver: Delivery;
}

function checkChannels(channels: ChannelPair, kind: string): void {
  if (kind !== 'alsa') {
    throw new CaptureError('UnsupportedFormat', `channels can be chosen of an alsa source only, and this is ${kind}`);
  }
  if (channels.length === 2 && channels.every((channel) => Number.isInteger(channel) && channel >= 1)) return;
  throw new CaptureError('UnsupportedFormat', `channels are "${channels}"; use two numbers from 1, such as 3,4`);
}

/** A source without a clock of its own. */
function timed(
  info: SourceInfo,
  bytes: (chunk: ChunkOptions) => AsyncIterable<Uint8Array>,
  context: OpenContext,
): CaptureSource {
  let counts = NOTHING_CAPTURED;
  const depth = new DepthMeter();
  return {
    info,
    stats: () => captureStats(counts, depth.bits, context.ntp()),
    async *chunks(options) {
      counts = { ...NOTHING_CAPTURED, state: 'capturing' };
      try {
        for await (const chunk of context.deliver(bytes(options), context.clock, options)) {
          depth.add(chunk.data);
          counts = { ...counts, frames: counts.frames + chunk.frames };
          yield chunk;
        }
      } finally {
        counts = { ...counts, state: 'ended' };
      }
    },
  };
}

/** A source with its own clock, that is opened again when it is lost. */
function live({ info, input, depth }: DeviceSource, context: OpenContext): CaptureSource {
  let capture: LiveCapture | undefined;
  return {
    info,
    stats: () => {
      const counts = capture && { ...capture.counts, state: capture.state, clockPpm: capture.clockPpm };
      return captureStats(counts ?? NOTHING_CAPTURED, depth.bits, context.ntp());
    },
    chunks: (options) => {
      capture = new LiveCapture(input, context, options);
      return capture.chunks();
    },
  };
}
