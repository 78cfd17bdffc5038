import { asBufferError, HybridBufferError } from '../error.ts';
import type { FrameCodec, Middleware } from './middleware.ts';

/** All middleware of one buffer as one codec; `undefined` when there is none and frames are stored as they are. */
export function openPipeline(middleware: readonly Middleware[], frameBytes: number): FrameCodec | undefined {
  if (middleware.length === 0) return undefined;
  let limit = frameBytes;
  const stages = middleware.map((one) => {
    const maxBytes = limit;
    limit += one.maxOverheadBytes(limit);
    return { name: one.name, codec: one.open(), maxBytes };
  });
  const reversed = stages.toReversed();
  return {
    async encode(frame, sequence) {
      let bytes = frame;
      for (const { name, codec } of stages) {
        try {
          bytes = await codec.encode(bytes, sequence);
        } catch (error) {
          throw asBufferError('WriteFailed', `${name} failed`, error);
        }
      }
      return bytes;
    },
    async decode(stored, sequence, wantedBytes) {
      let bytes = stored;
      for (const { name, codec, maxBytes } of reversed) {
        try {
          bytes = await codec.decode(bytes, sequence, maxBytes);
        } catch (error) {
          throw asBufferError('Corrupt', `${name} cannot undo what is stored`, error);
        }
      }
      if (bytes.length === wantedBytes) return bytes;
      throw new HybridBufferError('Corrupt', `a frame has ${bytes.length} bytes instead of ${wantedBytes}`);
    },
    close() {
      for (const { codec } of stages) codec.close?.();
    },
  };
}
