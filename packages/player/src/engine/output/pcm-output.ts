import type { FollowedSegment, SegmentInput } from '../core/delivery.ts';
import { ChunkAssembler, type PlacedPcm } from '../decode/assemble.ts';
import type { DecodeSession, SegmentDecoder } from '../decode/decoder.ts';
import { PcmVerifier } from '../decode/verify.ts';
import { toPlayerError } from '../error.ts';
import type { CodecConfig } from '../mp4/init.ts';
import type { Packet } from '../mp4/segment.ts';
import type { Output, SegmentReport } from './output.ts';
import type { AudioSink } from './sink.ts';

/** Decodes and checks segments, and plays the samples on a sink. */
export class PcmOutput implements Output {
  readonly sink: AudioSink;
  readonly #createDecoder: () => Promise<SegmentDecoder>;
  #decoder: SegmentDecoder | undefined;
  #last: PcmSegment | undefined;

  constructor(sink: AudioSink, createDecoder: () => Promise<SegmentDecoder>) {
    this.sink = sink;
    this.#createDecoder = createDecoder;
  }

  get codecs(): readonly CodecConfig['codec'][] {
    return this.#decoder?.codecs ?? ['flac', 'opus'];
  }

  async open(): Promise<void> {
    // The sink first, and synchronously: browsers unlock sound only within the gesture.
    const opened = this.sink.open();
    const [, decoder] = await Promise.all([opened, this.#decoder ?? this.#createDecoder()]);
    this.#decoder = decoder;
  }

  begin(followed: FollowedSegment, report: SegmentReport): SegmentInput {
    if (this.#decoder === undefined) throw new Error('not open');
    this.#last = new PcmSegment(followed, this.#decoder, this.sink, report, this.#last);
    return this.#last;
  }

  stop(): Promise<number | undefined> {
    this.#last = undefined;
    return this.sink.stop();
  }
}

class PcmSegment implements SegmentInput {
  readonly #followed: FollowedSegment;
  readonly #report: SegmentReport;
  readonly #assembler: ChunkAssembler;
  readonly #verifier: PcmVerifier | undefined;
  readonly #session: DecodeSession;
  readonly #sink: AudioSink;
  /** The other rendition before this one on the same timeline, until this one's first sound. */
  #other: PcmSegment | undefined;
  /** What its decoder guesses to come after it. */
  #tail: PlacedPcm | undefined;

  constructor(
    followed: FollowedSegment,
    decoder: SegmentDecoder,
    sink: AudioSink,
    report: SegmentReport,
    before: PcmSegment | undefined,
  ) {
    const { head, config, startFrame } = followed;
    const changes = before === undefined ? false : before.#isOtherRendition(followed);
    if (changes) this.#other = before;
    this.#sink = sink;
    this.#followed = followed;
    this.#report = report;
    this.#verifier = head.proof === undefined ? undefined : new PcmVerifier();
    this.#assembler = new ChunkAssembler(head.position, startFrame, (pcm) => this.#write(pcm));
    this.#session = decoder.open({
      config,
      leadIn: head.leadIn,
      onBatch: (batch) => {
        this.#verifier?.update(batch);
        this.#assembler.push(batch);
      },
      onLeadIn: (batch) => this.#assembler.before(batch),
      onTail: (batch) => {
        this.#tail = { ...batch, frame: head.position + head.frames };
      },
    });
  }

  push(packets: readonly Packet[]): void {
    this.#session.push(packets);
  }

  async end(_bytes: Uint8Array, signal: AbortSignal): Promise<void> {
    const close = (): void => this.#session.close();
    signal.addEventListener('abort', close);
    try {
      await this.#session.finish();
      signal.throwIfAborted();
      this.#assembler.flush();
      this.#verify();
    } catch (error) {
      signal.throwIfAborted();
      this.#report.failed(toPlayerError(error, 'DecodeFailed'));
    } finally {
      signal.removeEventListener('abort', close);
    }
  }

  cancel(): number {
    this.#session.close();
    this.#assembler.flush();
    return this.#assembler.frame;
  }

  #isOtherRendition({ stream, config }: FollowedSegment): boolean {
    return stream === this.#followed.stream && config.codec !== this.#followed.config.codec;
  }

  /** Where the rendition changes, one fades into the other: into the lead of this one, else out of the other's tail. */
  #write(pcm: PlacedPcm): void {
    const other = this.#other;
    this.#other = undefined;
    const tail = other === undefined ? undefined : other.#tail;
    const { lead, ...sound } = pcm;
    const fade = lead === undefined && tail?.frame === pcm.frame ? { tail } : { lead };
    this.#sink.write(this.#followed.stream, other === undefined ? sound : { ...sound, ...fade });
  }

  #verify(): void {
    const { head, index, epoch } = this.#followed;
    const { proof, frames } = head;
    if (proof === undefined || this.#verifier === undefined) return;
    const belongs = proof.index === index && proof.epoch === epoch && proof.frames === frames;
    this.#report.verified(this.#verifier.matches(proof.pcmMd5) && belongs);
  }
}
