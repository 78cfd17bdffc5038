import type { FollowedSegment } from './core/follower.ts';
import { ChunkAssembler } from './decode/assemble.ts';
import type { SegmentDecoder } from './decode/decoder.ts';
import { PcmVerifier } from './decode/verify.ts';
import type { AudioSink } from './output/sink.ts';

/**
 * Decodes one segment into the output and checks it on the way.
 * @returns whether the PCM has the MD5 of its proof; `undefined` without a proof
 * @throws PlayerError DecodeFailed; the signal's reason when aborted
 */
export async function feed(
  followed: FollowedSegment,
  decoder: SegmentDecoder,
  sink: AudioSink,
  signal: AbortSignal,
): Promise<boolean | undefined> {
  const { segment, config, stream, startFrame } = followed;
  const { proof, position, packets, leadIn } = segment;
  const assembler = new ChunkAssembler(position, startFrame, (pcm) => sink.write(stream, pcm));
  const verifier = proof === undefined ? undefined : new PcmVerifier();
  await decoder.decode(
    { config, packets, leadIn },
    (batch) => {
      if (signal.aborted) return;
      verifier?.update(batch);
      assembler.push(batch);
    },
    signal,
  );
  signal.throwIfAborted();
  assembler.flush();
  if (proof === undefined || verifier === undefined) return undefined;
  const belongs = proof.index === followed.index && proof.epoch === followed.epoch && proof.frames === segment.frames;
  return verifier.matches(proof.pcmMd5) && belongs;
}
