import type { Packet } from '../mp4/segment.ts';
import type { DecodeJob, DecodeSession, SegmentDecoder } from './decoder.ts';

/**
 * FLAC through `decodeAudioData`, for browsers without WebCodecs: STREAMINFO and frames, one after the other, are a .flac
 * file. It decodes whole files only, so sound starts when a segment is complete. Opus would need an Ogg file around it;
 * browsers this old get `hq` only.
 */
export class AudioDataDecoder implements SegmentDecoder {
  readonly codecs = ['flac'] as const;

  open(job: DecodeJob): DecodeSession {
    const packets: Packet[] = [];
    let closed = false;
    return {
      push: (more) => {
        packets.push(...more);
      },
      finish: async () => {
        const buffer = await decode(job, packets);
        if (closed) return;
        const left = buffer.getChannelData(0).slice();
        job.onBatch({ left, right: buffer.getChannelData(Math.min(1, buffer.numberOfChannels - 1)).slice() });
      },
      close: () => {
        closed = true;
      },
    };
  }
}

async function decode({ config }: DecodeJob, packets: readonly Packet[]): Promise<AudioBuffer> {
  const frames = packets.reduce((sum, packet) => sum + packet.frames, 0);
  const context = new OfflineAudioContext(config.channels, frames, config.sampleRate);
  const file = flacFile(config.description ?? new Uint8Array(0), packets);
  const buffer = await context.decodeAudioData(file).catch((cause: unknown) => {
    throw new Error('the browser cannot decode this FLAC segment', { cause });
  });
  if (buffer.length === frames) return buffer;
  throw new Error(`the browser decoded ${buffer.length} frames; the segment has ${frames}`);
}

/** `fLaC`, STREAMINFO marked as the last block, frames. */
function flacFile(head: Uint8Array, packets: readonly Packet[]): ArrayBuffer {
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
