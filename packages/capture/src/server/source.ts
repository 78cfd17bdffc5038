import { BYTES_PER_FRAME } from '@bucket-radio/pcm';
import { DepthMeter } from '../depth.ts';
import { CaptureError } from '../error.ts';
import { CONVERTED_DEVICE_POLICY, DEVICE_REOPEN, type DeviceSource, type LiveInput } from '../live/live-input.ts';
import type { SourceInfo } from '../source.ts';
import { startTool, type Tools } from '../tool.ts';
import type { Recorder } from './recorders.ts';

/** A source that delivers nothing for this long when it is tried is not there. */
const TRIAL_TIMEOUT_MS = 5_000;

/** Opens a source of a sound server; always `converted`, because the server may mix and resample. */
export async function openServerSource(
  recorder: Recorder,
  source: string | undefined,
  tools: Tools,
): Promise<DeviceSource> {
  const name = source ?? 'the default source';
  const command = tools[recorder.tool];
  const args = recorder.arguments(source);
  await hear(command, args, `${recorder.server} source "${name}"`);
  const info: SourceInfo = {
    kind: recorder.kind,
    name,
    fidelity: 'converted',
    bitDepth: 24,
    live: true,
    detail: `${recorder.server} ${name}: 48000 Hz 24 bit stereo, through a sound server that may convert`,
  };
  const depth = new DepthMeter();
  const input: LiveInput = {
    name: `${recorder.server} source "${name}"`,
    toolName: command.slice(command.lastIndexOf('/') + 1),
    gaps: CONVERTED_DEVICE_POLICY,
    reopen: DEVICE_REOPEN,
    start: async (options) => ({
      tool: startTool(command, args, options),
      frameBytes: BYTES_PER_FRAME,
      toS24le: (data) => {
        depth.add(data);
        return data;
      },
    }),
    readLine: () => undefined,
  };
  return { info, input, depth };
}

/** @throws CaptureError `SourceNotFound` when nothing is delivered */
async function hear(command: string, args: readonly string[], what: string): Promise<void> {
  const timeout = AbortSignal.timeout(TRIAL_TIMEOUT_MS);
  let last = '';
  const tool = startTool(command, args, {
    signal: timeout,
    onLine: (line) => {
      last = line;
    },
  });
  try {
    for await (const data of tool.output) if (data.length > 0) return;
    await tool.exit;
  } finally {
    await tool.stop();
  }
  const why = last || `it delivered nothing in ${TRIAL_TIMEOUT_MS / 1000} s`;
  throw new CaptureError(
    'SourceNotFound',
    `${what} cannot be opened: ${why}; list sources with: pactl list short sources`,
  );
}
