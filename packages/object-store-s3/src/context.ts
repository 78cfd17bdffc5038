import { setTimeout as delay } from 'node:timers/promises';
import type { S3Client } from '@aws-sdk/client-s3';
import { isObjectStoreError, ObjectStoreError, throwIfAborted } from '@bucket-radio/object-store';
import type { Target } from './classify.ts';
import { createClient } from './client.ts';
import { createDirectPuts, type SendPut } from './direct.ts';
import { type Call, mapS3Error } from './errors.ts';
import type { S3Event, S3Stats } from './events.ts';
import { linkSignals } from './link-signals.ts';
import type { ResolvedS3Options } from './options.ts';
import { type ProviderTraits, traitsOf } from './provider.ts';
import { type CallRetries, createCallRetries, retryAfterOf } from './retry.ts';
import { type ClockOffset, ServerClock } from './server-clock.ts';

/** From this difference on the clock is worth a line in the log. */
const CLOCK_WARN_MS = 1_000;
/** Services refuse requests that are signed with a time further off than this. */
const CLOCK_REFUSED_MS = 5 * 60_000;
const CLOCK_FIX = 'see "timedatectl show-timesync" or "chronyc tracking"';

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
  /**
   * The same with `partAttempts`, for what the SDK is not to retry: a body that is a stream, which `send` must begin
   * anew, and commands of `leaveRetriesToCaller`.
   */
  requestPart<Output>(call: Call, send: Send<Output>): Promise<Output>;
  /** The same with `maxAttempts`, for puts that pass the SDK by. */
  requestPut<Output>(call: Call, send: Send<Output>): Promise<Output>;
  /** One try; for `requestPut` and `requestPart`. */
  readonly sendPut: SendPut;
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
  const serverClock = new ServerClock();
  watchDates(client, serverClock);
  let clockLevel: ClockLevel = 'info';

  const clockOffset = (): ClockOffset | undefined => serverClock.offset(Date.now(), performance.now());

  /** Once per change for the worse or the better, not once per request. */
  const reportClock = (): void => {
    const clock = clockOffset();
    if (clock === undefined) return;
    const level = clockLevelOf(clock);
    if (level === clockLevel) return;
    clockLevel = level;
    onEvent?.({ type: 'clock', level, offsetMs: clock.offsetMs, message: clockMessage(level, clock, endpoint) });
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

  /** Tries of our own, by the strategy that the SDK has for its own. */
  const repeat = <Output>(call: Call, { strategy, undecidedBefore }: CallRetries, send: Send<Output>) =>
    run(call, undecidedBefore, async (http) => {
      let token = await strategy.acquireInitialRetryToken('');
      for (;;) {
        try {
          return await send(http);
        } catch (error) {
          if (http.abortSignal.aborted || isObjectStoreError(error)) throw error;
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
    });

  return {
    client,
    bucket,
    target,
    where: { Bucket: bucket },
    traits: traitsOf(options.provider),
    requestTimeoutMs: options.requestTimeoutMs,
    request: (call, send) => run(call, retries.undecidedBefore, send),
    sendPut: createDirectPuts(client, target, serverClock),
    requestPart: (call, send) => repeat(call, partRetries, send),
    requestPut: (call, send) => repeat(call, retries, send),
    stats: () => {
      const clock = clockOffset();
      return { ...counts, clockOffsetMs: clock?.offsetMs, clockErrorMs: clock?.errorMs };
    },
    close() {
      closing.abort();
      client.destroy();
    },
  };
}

type ClockLevel = Extract<S3Event, { readonly type: 'clock' }>['level'];

/** Notes the `Date` of every answer, errors included. */
function watchDates(client: S3Client, clock: ServerClock): void {
  client.middlewareStack.add(
    (next) => async (args) => {
      const sentMs = performance.now();
      const result = await next(args);
      const { headers } = result.response as { readonly headers?: Readonly<Record<string, string>> };
      clock.observe({ dateMs: Date.parse(headers?.['date'] ?? ''), sentMs, receivedMs: performance.now() });
      return result;
    },
    // Innermost: before an answer is told to be an error.
    { step: 'deserialize', priority: 'low', name: 'bucketRadioServerClock' },
  );
}

/** Only what is certain counts: a difference that the answers' whole seconds may explain is none. */
function clockLevelOf({ offsetMs, errorMs }: ClockOffset): ClockLevel {
  const least = Math.abs(offsetMs) - errorMs;
  if (least > CLOCK_REFUSED_MS) return 'error';
  return least > CLOCK_WARN_MS ? 'warn' : 'info';
}

function clockMessage(level: ClockLevel, { offsetMs }: ClockOffset, endpoint: string): string {
  const seconds = (Math.abs(offsetMs) / 1000).toFixed(1);
  const where = `this machine's clock is ${seconds} s ${offsetMs < 0 ? 'ahead of' : 'behind'} that of ${endpoint}`;
  if (level === 'info') return `this machine's clock agrees with that of ${endpoint} again`;
  if (level === 'warn') return `${where}: synchronise it, ${CLOCK_FIX}`;
  return `${where}, and from 5 min on requests are refused: requests are signed with the server's time for now; synchronise this machine's clock, ${CLOCK_FIX}`;
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
