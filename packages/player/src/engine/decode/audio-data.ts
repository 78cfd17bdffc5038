import { PlayerError } from '../error.ts';
import type { DecodeJob, PcmBatch, SegmentDecoder } from './decoder.ts';

/**
 * FLAC through `decodeAudioData`, for browsers without WebCodecs: STREAMINFO and frames, one after the other, are a .flac
 * file. Opus would need an Ogg file around it; browsers this old get `hq` only.
 */
export class AudioDataDecoder implements SegmentDecoder {
  readonly codecs = ['flac'] as const;

  async decode(job: DecodeJob, onBatch: (batch: PcmBatch) => void, signal: AbortSignal): Promise<void> {
    const { config, packets } = job;
    const frames = packets.reduce((sum, packet) => sum + packet.frames, 0);
    const context = new OfflineAudioContext(config.channels, frames, config.sampleRate);
    const buffer = await context.decodeAudioData(flacFile(job)).catch((cause: unknown) => {
      throw new PlayerError('DecodeFailed', 'the browser cannot decode this FLAC segment', { cause });
    });
    signal.throwIfAborted();
    if (buffer.length !== frames) {
      throw new PlayerError('DecodeFailed', `the browser decoded ${buffer.length} frames; the segment has ${frames}`);
    }
    const left = buffer.getChannelData(0).slice();
    onBatch({ left, right: buffer.getChannelData(Math.min(1, buffer.numberOfChannels - 1)).slice() });
  }
}

/** `fLaC`, STREAMINFO marked as the last block, frames. */
function flacFile({ config, packets }: DecodeJob): ArrayBuffer {
  const head = config.description ?? new Uint8Array(0);
  const length = packets.reduce((sum, { data }) => sum + data.length, head.length);
  const file = new Uint8Array(length);
  file.set(head);
  let at = head.length;
  for (const { data } of packets) {
    file.set(data, at);
    at += data.length;
  }
  return file.buffer;
}
