import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as delay } from 'node:timers/promises';

const RATE = 48_000;
/** Recordings are compared at 2 kHz: half a millisecond is fine enough, and a search over 40 s takes a moment. */
const DECIMATION = 24;
const PER_SECOND = RATE / DECIMATION;

/** Less likeness than this, and a second of sound was not found: 1 is the same, 0 a stranger. */
const FOUND = 0.4;

/** Plays white noise, which is nowhere like itself, into a PulseAudio sink until it is stopped. */
export class NoisePlayer {
  readonly #player: ChildProcess;
  #stopped = false;

  constructor(sink: string) {
    const format = ['--raw', '--format=s24le', `--rate=${RATE}`, '--channels=2', '--latency-msec=500'];
    this.#player = spawn('pacat', ['--playback', '-d', sink, ...format], { stdio: ['pipe', 'ignore', 'inherit'] });
    this.#feed().catch(() => undefined);
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    this.#player.kill();
    if (this.#player.exitCode === null && this.#player.signalCode === null) await once(this.#player, 'exit');
  }

  async #feed(): Promise<void> {
    const { stdin } = this.#player;
    let state = 1;
    stdin?.on('error', () => undefined);
    while (!this.#stopped && stdin !== null) {
      const chunk = Buffer.alloc(4800 * 6);
      for (let i = 0; i < chunk.length; i += 3) {
        state = (Math.imul(state, 1_664_525) + 1_013_904_223) | 0;
        chunk.writeIntLE(state >> 10, i, 3);
      }
      if (!stdin.write(chunk)) await once(stdin, 'drain');
    }
  }
}

/** Records a PulseAudio source, as mono at 2 kHz, with the time at which each sample came. */
export class SinkRecorder {
  readonly #recorder: ChildProcess;
  readonly #samples: number[] = [];
  /** Milliseconds of `performance.now` at the first sample: no chunk comes before its last sample was played. */
  startMs: number = Number.POSITIVE_INFINITY;
  #frames = 0;
  #sum = 0;

  constructor(source: string) {
    const format = ['--raw', '--format=s16le', `--rate=${RATE}`, '--channels=1', '--latency-msec=10'];
    this.#recorder = spawn('parec', ['-d', source, ...format], { stdio: ['ignore', 'pipe', 'inherit'] });
    let rest = Buffer.alloc(0);
    this.#recorder.stdout?.on('data', (data: Buffer) => {
      const now = performance.now();
      const bytes = Buffer.concat([rest, data]);
      const whole = bytes.length & ~1;
      for (let i = 0; i < whole; i += 2) this.#take(bytes.readInt16LE(i));
      rest = bytes.subarray(whole);
      this.startMs = Math.min(this.startMs, now - (this.#frames * 1000) / RATE);
    });
  }

  get samples(): Float32Array {
    return Float32Array.from(this.#samples);
  }

  async stop(): Promise<void> {
    this.#recorder.kill();
    if (this.#recorder.exitCode === null && this.#recorder.signalCode === null) await once(this.#recorder, 'exit');
  }

  #take(sample: number): void {
    this.#sum += sample;
    if (++this.#frames % DECIMATION !== 0) return;
    this.#samples.push(this.#sum);
    this.#sum = 0;
  }
}

/**
 * How much later than in `deck` each second of the last `seconds` is heard in `ears`, in milliseconds, by
 * cross-correlation. Seconds that are not found (silence, a jump) are left out.
 */
export function delaysMs(deck: SinkRecorder, ears: SinkRecorder, seconds: number, maxSeconds: number): number[] {
  const source = deck.samples;
  const heard = ears.samples;
  const ahead = Math.round(((ears.startMs - deck.startMs) / 1000) * PER_SECOND);
  const delays: number[] = [];
  for (let second = seconds; second >= 1; second--) {
    const from = heard.length - second * PER_SECOND;
    const piece = heard.subarray(from, from + PER_SECOND);
    const lag = bestLag(source, from + ahead, piece, maxSeconds * PER_SECOND);
    if (from >= 0 && lag !== undefined) delays.push((lag / PER_SECOND) * 1000);
  }
  return delays;
}

/** How far before `at` the piece lies in `source`, in samples. */
function bestLag(source: Float32Array, at: number, piece: Float32Array, maxLag: number): number | undefined {
  const length = Math.sqrt(energy(piece, 0, piece.length));
  let best = { lag: 0, likeness: 0 };
  for (let lag = 0; lag <= maxLag && at - lag >= 0; lag++) {
    const from = at - lag;
    if (from + piece.length > source.length) continue;
    let product = 0;
    for (let i = 0; i < piece.length; i++) product += (piece[i] as number) * (source[from + i] as number);
    if (product > best.likeness) best = { lag, likeness: product };
  }
  const likeness = best.likeness / (length * Math.sqrt(energy(source, at - best.lag, piece.length)));
  return likeness >= FOUND ? best.lag : undefined;
}

function energy(samples: Float32Array, from: number, count: number): number {
  return samples.subarray(from, from + count).reduce((sum, value) => sum + value ** 2, 0);
}

/** @param share 0.5 is the median */
export function percentile(numbers: readonly number[], share: number): number {
  const sorted = numbers.toSorted((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? Number.NaN;
}

/** Polls until `condition` holds. @throws Error when it does not within two minutes */
export async function until(what: string, condition: () => Promise<boolean>): Promise<void> {
  for (let tries = 0; tries < 240; tries++) {
    if (await condition().catch(() => false)) return;
    await delay(500);
  }
  throw new Error(`${what}: did not happen within two minutes`);
}
