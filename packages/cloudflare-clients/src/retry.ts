import { CloudflareClientError } from './error.ts';
import { isRetryable } from './failure.ts';

/** How often and how fast a failed call is tried again, and how much of a stream is held for that. */
export interface R2Opts {
  /** Tries after the first one; 0 for none. Default 3. */
  readonly maxRetries?: number;
  /** Milliseconds before the first retry; doubles with each further one. Default 100. */
  readonly baseDelayMs?: number;
  /** No delay is longer than this many milliseconds, jitter included. Default 2000. */
  readonly maxDelayMs?: number;
  /** Whether a delay is spread by ±50 %, so that many callers do not come back at the same moment. Default true. */
  readonly jitter?: boolean;
  /**
   * Bytes of a stream that are held in memory, because a stream cannot be sent a second time. A `put` of a longer one
   * becomes a multipart upload of parts of this size. From 5 MiB (R2's smallest part) to 100 MiB (an isolate has
   * 128 MiB in all). Default 8 MiB.
   */
  readonly maxBufferedBytes?: number;
  /** A number from 0 to 1, for the jitter. Default `Math.random`. */
  readonly random?: () => number;
  /** Waits this many milliseconds. Default by `setTimeout`. */
  readonly sleep?: (delayMs: number) => Promise<void>;
}

export type RetryPolicy = Required<R2Opts>;

const MIB = 1024 ** 2;

/** @throws CloudflareClientError `InvalidOption` that names the option and what is allowed */
export function retryPolicy(opts: R2Opts = {}): RetryPolicy {
  const policy: RetryPolicy = {
    maxRetries: opts.maxRetries ?? 3,
    baseDelayMs: opts.baseDelayMs ?? 100,
    maxDelayMs: opts.maxDelayMs ?? 2_000,
    jitter: opts.jitter ?? true,
    maxBufferedBytes: opts.maxBufferedBytes ?? 8 * MIB,
    random: opts.random ?? Math.random,
    sleep: opts.sleep ?? ((delayMs) => new Promise((resolve) => setTimeout(resolve, delayMs))),
  };
  const { maxRetries, baseDelayMs, maxDelayMs, maxBufferedBytes } = policy;
  const whole = (value: number, least: number, most: number): boolean =>
    Number.isInteger(value) && value >= least && value <= most;
  if (!whole(maxRetries, 0, 100)) refuse('maxRetries', maxRetries, 'a whole number from 0 to 100');
  if (!(baseDelayMs >= 0 && baseDelayMs <= 60_000)) refuse('baseDelayMs', baseDelayMs, '0 to 60000 ms');
  if (!(maxDelayMs >= 0 && maxDelayMs <= 60_000)) refuse('maxDelayMs', maxDelayMs, '0 to 60000 ms');
  if (!whole(maxBufferedBytes, 5 * MIB, 100 * MIB)) {
    refuse('maxBufferedBytes', maxBufferedBytes, `whole bytes from ${5 * MIB} (5 MiB) to ${100 * MIB} (100 MiB)`);
  }
  return policy;
}

function refuse(name: string, value: number, allowed: string): never {
  throw new CloudflareClientError('InvalidOption', `${name} is ${value}; use ${allowed}`);
}

/**
 * Milliseconds before retry number `retry` (from 0): `baseDelayMs · 2^retry`, at most `maxDelayMs`, spread by ±50 %
 * and still at most `maxDelayMs`.
 */
export function retryDelayMs(retry: number, { baseDelayMs, maxDelayMs, jitter, random }: RetryPolicy): number {
  const delayMs = Math.min(maxDelayMs, baseDelayMs * 2 ** retry);
  return jitter ? Math.min(maxDelayMs, delayMs * (0.5 + random())) : delayMs;
}

/**
 * Runs `call` until it succeeds, fails with something that will not pass, or `maxRetries` further tries have failed.
 * @param call gets the number of earlier tries
 * @throws what the last try threw
 */
export async function withRetries<Result>(
  policy: RetryPolicy,
  call: (earlierTries: number) => Promise<Result>,
): Promise<Result> {
  for (let tries = 0; ; tries++) {
    try {
      return await call(tries);
    } catch (error) {
      if (tries >= policy.maxRetries || !isRetryable(error)) throw error;
      await policy.sleep(retryDelayMs(tries, policy));
    }
  }
}
