import type { PlacedPcm } from '../src/engine/decode/assemble.ts';
import type { DecodeJob, DecodeSession, SegmentDecoder } from '../src/engine/decode/decoder.ts';
import { Emitter } from '../src/engine/emitter.ts';
import { PcmRing } from '../src/engine/output/ring.ts';
import type { AudioSink, SinkEvents } from '../src/engine/output/sink.ts';
import type { VirtualClock } from './virtual-clock.ts';

/** A sound card on a virtual clock: the real ring, emptied in virtual time. */
export class VirtualSink implements AudioSink {
  readonly sampleRate = 48_000;
  readonly outputNode = undefined;
  outputLatencyMs = 0;
  /** How long the sound device takes to start. */
  openMs = 0;
  running = true;
  readonly ring: PcmRing = new PcmRing();
  /** Milliseconds of silence between the first sound and now. */
  silentMs = 0;
  readonly #events = new Emitter<SinkEvents>();
  readonly #clock: VirtualClock;
  readonly #closed = new AbortController();
  #open = false;
  #heard = false;
  #contextFrame = 0;

  readonly #tickMs: number;

  constructor(clock: VirtualClock, tickMs: number = 40) {
    this.#clock = clock;
    this.#tickMs = tickMs;
    this.#run().catch(() => undefined);
  }

  get bufferedFrames(): number {
    return this.ring.bufferedFrames;
  }

  on<K extends keyof SinkEvents>(event: K, listener: (value: SinkEvents[K]) => void): () => void {
    return this.#events.on(event, listener);
  }

  async open(): Promise<void> {
    if (this.openMs > 0) await this.#clock.sleep(this.openMs, this.#closed.signal);
    this.#open = true;
  }

  write(stream: number, pcm: PlacedPcm): void {
    this.ring.push({ type: 'chunk', stream, ...pcm });
  }

  setVolume(): void {
    // What is heard is not looked at.
  }

  async stop(): Promise<number | undefined> {
    const playing = this.ring.state === 'playing';
    this.#open = false;
    this.ring.clear();
    return playing ? this.ring.frame : undefined;
  }

  async close(): Promise<void> {
    this.#closed.abort();
  }

  /** A phone call begins or ends. */
  setRunning(running: boolean): void {
    this.running = running;
    this.#events.emit('running', running);
  }

  async #run(): Promise<void> {
    const tickFrames = this.#tickMs * 48;
    const left = new Float32Array(tickFrames);
    const right = new Float32Array(tickFrames);
    for (;;) {
      await this.#clock.sleep(this.#tickMs, this.#closed.signal);
      if (!this.#open || !this.running) continue;
      this.ring.render(left, right);
      this.#contextFrame += tickFrames;
      if (this.ring.state === 'playing') this.#heard = true;
      else if (this.#heard) this.silentMs += this.#tickMs;
      const { state, stream, frame, bufferedFrames, underruns } = this.ring;
      const contextFrame = this.#contextFrame;
      this.#events.emit('position', { state, stream, frame, contextFrame, bufferedFrames, underruns });
    }
  }
}

/** Turns every packet into a steady level. */
export class VirtualDecoder implements SegmentDecoder {
  codecs: readonly ('flac' | 'opus')[] = ['flac', 'opus'];
  readonly jobs: DecodeJob[] = [];
  fail: (job: DecodeJob) => Error | undefined = () => undefined;

  open(job: DecodeJob): DecodeSession {
    this.jobs.push(job);
    const error = this.fail(job);
    return {
      push: (packets) => {
        if (error !== undefined) return;
        const frames = packets.reduce((sum, packet) => sum + packet.frames, 0);
        job.onBatch({ left: new Float32Array(frames).fill(0.25), right: new Float32Array(frames).fill(0.25) });
      },
      finish: async () => {
        if (error !== undefined) throw error;
      },
      close: () => undefined,
    };
  }
}
