import type { PlacedPcm } from '../decode/assemble.ts';
import { Emitter } from '../emitter.ts';
import { claimAudioSession } from '../environment.ts';
import { PlayerError } from '../error.ts';
import { type PositionMessage, PROCESSOR_NAME, type RingState, type ToWorklet } from './protocol.ts';
import type { AudioSink, SinkEvents } from './sink.ts';

const SAMPLE_RATE = 48_000;

/** A change of volume takes this long, so that it does not click; then the gain is exactly the new value. */
const VOLUME_RAMP_SECONDS = 0.02;

/** After `stop`, the context runs on: who presses play again within this time need not wait for the sound device. */
const SUSPEND_AFTER_MS = 5000;

/** An AudioContext of 48 kHz with one worklet that holds the buffer. No SharedArrayBuffer, hence no COOP/COEP. */
export class WorkletSink extends Emitter<SinkEvents> implements AudioSink {
  readonly #workletUrl: string;
  #context: AudioContext | undefined;
  #ready: Promise<void> | undefined;
  #node: AudioWorkletNode | undefined;
  #gain: GainNode | undefined;
  #volume = 1;
  #playing = false;
  #writtenFrames = 0;
  #consumedFrames = 0;
  #state: RingState = 'idle';
  /** Told where the sound ended. */
  #ended: ((frame?: number) => void) | undefined;
  #suspendTimer: ReturnType<typeof setTimeout> | undefined;

  constructor(workletUrl: string) {
    super();
    this.#workletUrl = workletUrl;
  }

  get sampleRate(): number {
    return this.#context?.sampleRate ?? 0;
  }

  get outputNode(): AudioNode | undefined {
    return this.#gain;
  }

  get outputLatencyMs(): number {
    const context = this.#context;
    if (context === undefined) return 0;
    // Firefox asks the sound server, its graph locked meanwhile; the server may be waiting for that graph, and the page
    // freezes for good (seen with Firefox 153 and PulseAudio). What the device adds counts as nothing there.
    const device = navigator.userAgent.includes('Firefox') ? 0 : context.outputLatency;
    return ((device || 0) + context.baseLatency) * 1000;
  }

  get bufferedFrames(): number {
    return this.#writtenFrames - this.#consumedFrames;
  }

  get running(): boolean {
    return this.#context?.state === 'running';
  }

  async open(): Promise<void> {
    this.#playing = true;
    clearTimeout(this.#suspendTimer);
    claimAudioSession();
    this.#context ??= this.#createContext();
    const context = this.#context;
    // Without a gesture it stays pending until there is one. Whoever chose a place before sound flows would hear it late.
    const resumed = context.resume();
    this.#ready ??= this.#load(context).catch((error: unknown) => {
      this.#ready = undefined;
      throw error;
    });
    await Promise.all([this.#ready, resumed]);
  }

  write(stream: number, pcm: PlacedPcm): void {
    this.#writtenFrames += pcm.left.length;
    this.#post({ type: 'chunk', stream, ...pcm }, [pcm.left.buffer, pcm.right.buffer]);
  }

  setVolume(volume: number): void {
    this.#volume = volume;
    const context = this.#context;
    if (context === undefined || this.#gain === undefined) return;
    const { gain } = this.#gain;
    gain.cancelScheduledValues(context.currentTime);
    gain.setValueAtTime(gain.value, context.currentTime);
    gain.linearRampToValueAtTime(volume, context.currentTime + VOLUME_RAMP_SECONDS);
  }

  async stop(): Promise<number | undefined> {
    const playing = this.running && this.#state === 'playing';
    this.#playing = false;
    this.#post({ type: 'clear' });
    clearTimeout(this.#suspendTimer);
    this.#suspendTimer = setTimeout(() => {
      this.#ended?.();
      this.#context?.suspend().catch(() => undefined);
    }, SUSPEND_AFTER_MS);
    if (!playing) return undefined;
    return new Promise((resolve) => {
      this.#ended = resolve;
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#suspendTimer);
    this.#ended?.();
    this.#node?.port.close();
    const context = this.#context;
    this.#context = undefined;
    this.#ready = undefined;
    this.#node = undefined;
    this.#gain = undefined;
    this.#writtenFrames = 0;
    this.#consumedFrames = 0;
    await context?.close();
  }

  #createContext(): AudioContext {
    if (typeof AudioWorkletNode === 'undefined') {
      const why = 'AudioWorklet is missing; it exists on https:// and localhost only';
      throw new PlayerError('UnsupportedBrowser', why);
    }
    const context = new AudioContext({ sampleRate: SAMPLE_RATE, latencyHint: 'playback' });
    context.onstatechange = () => {
      if (this.#playing) this.emit('running', context.state === 'running');
    };
    return context;
  }

  async #load(context: AudioContext): Promise<void> {
    try {
      await context.audioWorklet.addModule(this.#workletUrl);
    } catch (cause) {
      throw new PlayerError('AudioOutput', `cannot load ${this.#workletUrl}; is it served beside the player?`, {
        cause,
      });
    }
    const node = new AudioWorkletNode(context, PROCESSOR_NAME, {
      numberOfInputs: 0,
      outputChannelCount: [2],
    });
    node.port.onmessage = ({ data }: MessageEvent<PositionMessage>) => this.#onPosition(data);
    const gain = new GainNode(context, { gain: this.#volume });
    node.connect(gain).connect(context.destination);
    this.#node = node;
    this.#gain = gain;
  }

  #onPosition(position: PositionMessage): void {
    this.#consumedFrames = position.consumedFrames;
    this.#state = position.state;
    // The first report after `clear`: none was made before it with this state.
    if (position.state === 'idle') this.#ended?.(position.frame);
    const { bufferedFrames } = this;
    if (this.#playing) this.emit('position', { ...position, bufferedFrames });
  }

  #post(message: ToWorklet, transfer: Transferable[] = []): void {
    this.#node?.port.postMessage(message, transfer);
  }
}
