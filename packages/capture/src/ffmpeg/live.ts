import { DepthMeter } from '../depth.ts';
import type { GapPolicy } from '../live/gap-accountant.ts';
import {
  CONVERTED_DEVICE_POLICY,
  DEVICE_REOPEN,
  type DeviceSource,
  type LiveInput,
  type ReopenPolicy,
} from '../live/live-input.ts';
import { startTool } from '../tool.ts';
import { doubled, type FfmpegOptions, type FfmpegSource, ffmpegArguments } from './source.ts';

/** A network delivers in bursts: only what stays away for seconds is lost. */
const STREAM_GAPS: GapPolicy = { thresholdMs: 500, settleMs: 5_000, reportedSettleMs: 1_500, trimSurplus: true };

const STREAM_REOPEN: ReopenPolicy = {
  stallMs: 5_000,
  firstDataMs: 20_000,
  backoffMs: [250, 500, 1_000, 2_000, 5_000],
  silenceWhileOpening: true,
};

/** ffmpeg hands over larger pieces than arecord. */
const DEVICE: ReopenPolicy = { ...DEVICE_REOPEN, stallMs: 1_000, firstDataMs: 5_000 };

/** A server that sends faster than real time is read at most this far ahead. */
const MAX_LEAD_MS = 10_000;

/** A stream or device that never ends: it is opened again whenever it breaks off. */
export function openLiveFfmpeg({ info, target, plan }: FfmpegSource, options: FfmpegOptions): DeviceSource {
  const depth = new DepthMeter();
  const mono = plan.outputChannels === 1;
  const input: LiveInput = {
    name: info.name,
    toolName: 'ffmpeg',
    gaps: target.network ? STREAM_GAPS : CONVERTED_DEVICE_POLICY,
    reopen: target.network ? STREAM_REOPEN : DEVICE,
    ...(target.network ? { maxLeadMs: MAX_LEAD_MS } : {}),
    start: async ({ signal, onLine }) => ({
      tool: startTool(options.tools.ffmpeg, ffmpegArguments(target, plan), {
        signal,
        onLine: (line) => onLine(target.redact(line)),
      }),
      frameBytes: mono ? 3 : 6,
      toS24le: (data) => {
        depth.add(data);
        return mono ? doubled(data) : data;
      },
    }),
    readLine: () => undefined,
  };
  return { info, input, depth };
}
