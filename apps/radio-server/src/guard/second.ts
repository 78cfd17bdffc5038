import { CHANNELS, SAMPLE_RATE } from '@bucket-radio/pcm';

/** A sample this high is at the end of the scale: −0.01 dBFS. */
const CLIP_LEVEL = Math.floor(0x7f_ff_ff * 0.9988);
/** A waveform that stays there for this many samples has lost its top. */
const CLIP_RUN = 3;
/** A value that is held and lower than this is silence with an offset, not a stuck converter: −90 dBFS. */
const STUCK_LEVEL = 256;
const FULL_SCALE = 0x80_00_00;

/** What is known of one channel over some time. */
export interface ChannelSum {
  readonly sum: number;
  readonly squares: number;
  /** Times that the waveform stood at full scale for three samples or more. */
  readonly clips: number;
  /** Frames for which it held one value that is not near zero, at the longest. */
  readonly longestHold: number;
  /** Every bit that any sample used. */
  readonly bits: number;
}

/** One or more seconds of signal in numbers; amplitudes of which 1 is full scale. */
export interface SignalSum {
  readonly frames: number;
  readonly channels: readonly [ChannelSum, ChannelSum];
  /** Sum of left × right. */
  readonly cross: number;
}

/** Counts one channel; a run of clipped or held samples goes on across blocks and seconds. */
class ChannelCounter {
  #sum = 0;
  #squares = 0;
  #clips = 0;
  #longestHold = 0;
  #bits = 0;
  #atEnd = 0;
  #value = 0;
  #held = 0;

  /** @param samples interleaved; frames `[from, to)` are counted */
  add(samples: Int32Array, channel: number, from: number, to: number): void {
    // In local variables: this runs for every sample of the station.
    let [sum, squares, clips, longestHold, bits] = [
      this.#sum,
      this.#squares,
      this.#clips,
      this.#longestHold,
      this.#bits,
    ];
    let [atEnd, value, held] = [this.#atEnd, this.#value, this.#held];
    for (let i = from * CHANNELS + channel; i < to * CHANNELS; i += CHANNELS) {
      const sample = samples[i] as number;
      sum += sample;
      squares += sample * sample;
      bits |= sample;
      if (sample >= CLIP_LEVEL || sample <= -CLIP_LEVEL) {
        atEnd += 1;
        if (atEnd === CLIP_RUN) clips += 1;
      } else {
        atEnd = 0;
      }
      if (sample !== value) {
        value = sample;
        held = 0;
      } else if (sample > STUCK_LEVEL || sample < -STUCK_LEVEL) {
        held += 1;
        if (held > longestHold) longestHold = held;
      }
    }
    [this.#sum, this.#squares, this.#clips, this.#longestHold, this.#bits] = [sum, squares, clips, longestHold, bits];
    [this.#atEnd, this.#value, this.#held] = [atEnd, value, held];
  }

  take(): ChannelSum {
    const taken = {
      sum: this.#sum / FULL_SCALE,
      squares: this.#squares / FULL_SCALE / FULL_SCALE,
      clips: this.#clips,
      longestHold: this.#longestHold,
      bits: this.#bits,
    };
    [this.#sum, this.#squares, this.#clips, this.#longestHold, this.#bits] = [0, 0, 0, 0, 0];
    return taken;
  }
}

/** Turns samples into one {@link SignalSum} per second. */
export class SecondCounter {
  readonly #left = new ChannelCounter();
  readonly #right = new ChannelCounter();
  #cross = 0;
  #frames = 0;

  /** @param samples interleaved @returns the seconds that ended */
  add(samples: Int32Array): readonly SignalSum[] {
    const ended: SignalSum[] = [];
    const frames = samples.length / CHANNELS;
    for (let from = 0; from < frames; ) {
      const to = Math.min(frames, from + SAMPLE_RATE - this.#frames);
      this.#left.add(samples, 0, from, to);
      this.#right.add(samples, 1, from, to);
      this.#cross += crossSum(samples, from, to);
      this.#frames += to - from;
      from = to;
      if (this.#frames === SAMPLE_RATE) ended.push(this.#end());
    }
    return ended;
  }

  #end(): SignalSum {
    const second: SignalSum = {
      frames: this.#frames,
      channels: [this.#left.take(), this.#right.take()],
      cross: this.#cross / FULL_SCALE / FULL_SCALE,
    };
    [this.#cross, this.#frames] = [0, 0];
    return second;
  }
}

function crossSum(samples: Int32Array, from: number, to: number): number {
  let cross = 0;
  for (let i = from * CHANNELS; i < to * CHANNELS; i += CHANNELS) {
    cross += (samples[i] as number) * (samples[i + 1] as number);
  }
  return cross;
}

/** Several seconds as one. */
export function mergeSums(seconds: readonly SignalSum[]): SignalSum {
  const channel = (side: 0 | 1): ChannelSum => {
    const sums = seconds.map(({ channels }) => channels[side]);
    return {
      sum: total(sums.map(({ sum }) => sum)),
      squares: total(sums.map(({ squares }) => squares)),
      clips: total(sums.map(({ clips }) => clips)),
      longestHold: Math.max(0, ...sums.map(({ longestHold }) => longestHold)),
      bits: sums.reduce((all, { bits }) => all | bits, 0),
    };
  };
  return {
    frames: total(seconds.map(({ frames }) => frames)),
    channels: [channel(0), channel(1)],
    cross: total(seconds.map(({ cross }) => cross)),
  };
}

function total(values: readonly number[]): number {
  return values.reduce((sum, value) => sum + value, 0);
}
