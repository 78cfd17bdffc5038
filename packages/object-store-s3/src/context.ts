import { setTimeout as delay } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { ObjectStoreError, throwIfAborted } from '@bucket-radio/object-store';
import type { Target } from './classify.ts';
import { createClient } from './client.ts';
import { type Call, mapS3Error } from './errors.ts';
import type { S3Stats } from './events.ts';
import type { ResolvedS3Options } from './options.ts';
import { type ProviderTraits, traitsOf } from './provider.ts';
import { createCallRetries, retryAfterOf } from './retry.ts';

/** From this difference on the clock is worth a line in the log; answers tell the time in whole seconds. */
const CLOCK_ALARM_MS = 2_000;

export type Send<Output> = (http: { abortSignal: AbortSignal }) => Promise<Output>;

/** What every group of calls needs: the client, and requests whose errors are the contract's. */
export interface S3Context {
  readonly client: S3Client;
  readonly where: { readonly Bucket: string };
  readonly bucket: string;
  readonly target: Target;
  readonly traits: ProviderTraits;
  readonly requestTimeoutMs: number;
  /** One request, retried by the SDK; aborted by its caller's signal or by `close`. */
  request<Output>(call: Call, send: Send<Output>): Promise<Output>;
  /** The same for a body that is a stream, which the SDK does not retry: `send` must begin it anew. */
  requestStream<Output>(call: Call, send: Send<Output>): Promise<Output>;
  stats(): S3Stats;
  close(): void;
}

export function createContext(options: ResolvedS3Options): S3Context {
  const { bucket, endpoint, onEvent } = options;
  const { client, retries } = createClient(options);
  const target = { bucket, endpoint };
  const partRetries = createCallRetries({ maxAttempts: options.partAttempts, random: options.random, target });
  const closing = new AbortController();
  const counts = { requests: 0, failures: 0, forbidden: 0 };
  let succeeded = false;
  let reportedOffsetMs = 0;

  const reportClock = (): void => {
    const offsetMs = client.config.systemClockOffset;
    if (Math.abs(offsetMs - reportedOffsetMs) < CLOCK_ALARM_MS) return;
    reportedOffsetMs = offsetMs;
    const seconds = (offsetMs / 1000).toFixed(1);
    onEvent?.({
      type: 'clock',
      level: 'warn',
      offsetMs,
      message: `the clock of ${endpoint} and this machine's differ by ${seconds} s; synchronise this machine's`,
    });
  };

  const reportForbidden = (error: ObjectStoreError): void => {
    const cause = error.cause as { readonly status?: unknown; readonly name?: string } | undefined;
    if (cause?.status !== 403) return;
    counts.forbidden++;
    onEvent?.({ type: 'forbidden', level: 'error', s3Code: cause.name ?? 'unknown', message: error.message });
  };

  const run = async <Output>(
    call: Call,
    undecidedBefore: (error: unknown) => boolean,
    send: Send<Output>,
  ): Promise<Output> => {
    throwIfAborted(call.signal, call.key);
    if (closing.signal.aborted) throw closedError(call.key);
    const link = linkSignals(closing.signal, call.signal);
    counts.requests++;
    try {
      const output = await send({ abortSignal: link.signal });
      succeeded = true;
      return output;
    } catch (error) {
      counts.failures++;
      if (closing.signal.aborted) throw closedError(call.key);
      const mapped = mapS3Error(error, call, target, { undecidedBefore: undecidedBefore(error), succeeded });
      reportForbidden(mapped);
      throw mapped;
    } finally {
      link.release();
      reportClock();
    }
  };

  return {
    client,
    bucket,
    target,
    where: { Bucket: bucket },
    traits: traitsOf(options.provider),
    requestTimeoutMs: options.requestTimeoutMs,
    request: (call, send) => run(call, retries.undecidedBefore, send),
    requestStream: (call, send) =>
      run(call, partRetries.undecidedBefore, async (http) => {
        const { strategy } = partRetries;
        let token = await strategy.acquireInitialRetryToken('');
        for (;;) {
          try {
            return await send(http);
          } catch (error) {
            if (http.abortSignal.aborted) throw error;
            const tries = token.getRetryCount() + 1;
            const retryAfterHint = retryAfterOf(error, Date.now());
            const info = { error: error as SdkFailure, errorType: 'TRANSIENT' as const };
            const next = await strategy
              .refreshRetryTokenForRetry(token, retryAfterHint === undefined ? info : { ...info, retryAfterHint })
              .catch(() => undefined);
            if (next === undefined) throw withAttempts(error, tries);
            token = next;
            await delay(token.getRetryDelay(), undefined, { signal: http.abortSignal });
          }
        }
      }),
    stats: () => ({ ...counts, clockOffsetMs: client.config.systemClockOffset }),
    close() {
      closing.abort();
      client.destroy();
    },
  };
}

/** What the SDK's strategies are told of; ours reads it without trusting its shape. */
type SdkFailure = Error & { readonly cause?: Error };

/** The SDK writes down how many tries its own loop made; here there was another. */
function withAttempts(error: unknown, attempts: number): unknown {
  if (typeof error === 'object' && error !== null) {
    const { $metadata } = error as { $metadata?: object };
    Object.assign(error, { $metadata: { ...$metadata, attempts } });
  }
  return error;
}

function closedError(key: string | undefined): ObjectStoreError {
  return new ObjectStoreError('Aborted', 'the store has been closed', key === undefined ? {} : { key });
}

/** A signal for one request that does not stay registered with the long-lived ones once the request is over. */
function linkSignals(first: AbortSignal, second: AbortSignal | undefined): { signal: AbortSignal; release(): void } {
  const controller = new AbortController();
  const abort = (): void => controller.abort();
  first.addEventListener('abort', abort, { once: true });
  second?.addEventListener('abort', abort, { once: true });
  return {
    signal: controller.signal,
    release() {
      first.removeEventListener('abort', abort);
      second?.removeEventListener('abort', abort);
    },
  };
}
