import { framesToMs, type PcmChunk, unpackS24le } from '@bucket-radio/pcm';

/** When a source is left, and when it is trusted again. */
export interface FailoverOptions {
  /** A peak below this is silence, in dBFS. Default -60. */
  readonly silenceDbfs?: number;
  /** Silence for longer than this leaves the source, in seconds. Default 15. */
  readonly silenceSeconds?: number;
  /** A source that is lost, or delivers nothing, for longer than this is left, in seconds. Default 2. */
  readonly lossSeconds?: number;
  /** A source that was well for this long is trusted again, in seconds. Default 10. */
  readonly returnSeconds?: number;
}

export const FAILOVER_DEFAULTS: Required<FailoverOptions> = {
  silenceDbfs: -60,
  silenceSeconds: 15,
  lossSeconds: 2,
  returnSeconds: 10,
};

/** A pause this long between sounds does not make a source unwell while it is being trusted again. */
const PAUSE_MS = 1_000;

/** Watches one source. Times are monotonic milliseconds. */
export class SourceHealth {
  readonly #options: Required<FailoverOptions>;
  readonly #threshold: number;
  #silentMs = 0;
  #lastDeliveryMs: number;
  #wellSinceMs: number | undefined;

  constructor(options: Required<FailoverOptions>, nowMs: number) {
    this.#options = options;
    this.#threshold = 10 ** (options.silenceDbfs / 20) * 2 ** 23;
    this.#lastDeliveryMs = nowMs;
  }

  /** @param lost the chunk is only the silence that stands for a lost source */
  heard(chunk: PcmChunk, nowMs: number, lost: boolean): void {
    if (!lost) this.#lastDeliveryMs = nowMs;
    if (!lost && this.#isLoud(chunk.data)) {
      this.#silentMs = 0;
      this.#wellSinceMs ??= nowMs;
    } else {
      this.#silentMs += framesToMs(chunk.frames);
      if (this.#silentMs > PAUSE_MS || lost) this.#wellSinceMs = undefined;
    }
  }

  /** It ended or could not be opened. */
  failed(): void {
    this.#lastDeliveryMs = Number.NEGATIVE_INFINITY;
    this.#wellSinceMs = undefined;
  }

  /** Why it must be left, if it must. */
  complaint(nowMs: number): string | undefined {
    const { lossSeconds, silenceSeconds, silenceDbfs } = this.#options;
    if (nowMs - this.#lastDeliveryMs > lossSeconds * 1000) return 'it delivers nothing';
    if (this.#silentMs > silenceSeconds * 1000) return `silence below ${silenceDbfs} dBFS for ${silenceSeconds} s`;
    return undefined;
  }

  /** Sounding now: good enough to replace one that is not. */
  isSounding(nowMs: number): boolean {
    return this.#wellSinceMs !== undefined && this.complaint(nowMs) === undefined;
  }

  /** Sounding for long enough to be preferred again. */
  isTrusted(nowMs: number): boolean {
    return this.isSounding(nowMs) && nowMs - (this.#wellSinceMs ?? nowMs) >= this.#options.returnSeconds * 1000;
  }

  #isLoud(data: Uint8Array): boolean {
    for (const sample of unpackS24le(data)) if (sample > this.#threshold || sample < -this.#threshold) return true;
    return false;
  }
}
