import { describe, expect, it } from 'vitest';
import { isRetryable, statusOf } from './failure.ts';
import { type R2Opts, retryDelayMs, retryPolicy, withRetries } from './retry.ts';

function withStatus(status: number): Error {
  return Object.assign(new Error('refused'), { status });
}

describe('what is tried again', () => {
  it.each([
    ['status 429', withStatus(429)],
    ['status 500', withStatus(500)],
    ['status 503', withStatus(503)],
    ['a message that begins with a status', new Error('500 Server Error')],
    ['a message that begins with 429', new Error('429 Too Many Requests')],
    ['a throttling KV', new Error('KV PUT failed: 429 Too Many Requests')],
    ['the internal error of R2', new Error('get: We encountered an internal error. Please try again. (10001)')],
    ['an unavailable R2', new Error('put: Service Unavailable (10043)')],
    ['a throttling R2', new Error('put: Reduce your concurrent request rate for the same object. (10058)')],
    ['a deadline', new DOMException('The operation was aborted due to timeout', 'TimeoutError')],
    ['a timeout of a socket', Object.assign(new Error('connect'), { code: 'ETIMEDOUT' })],
    ['an error that says so', Object.assign(new Error('no answer'), { retryable: true })],
    ['a lost connection in workerd', new Error('Network connection lost.')],
  ])('%s', (_, error) => {
    expect(isRetryable(error)).toBe(true);
  });

  it.each([
    ['status 400', withStatus(400)],
    ['status 401', withStatus(401)],
    ['status 403', withStatus(403)],
    ['status 404', withStatus(404)],
    ['status 412', withStatus(412)],
    ['a message that begins with 403', new Error('403 Forbidden')],
    ['an invalid key', new Error('put: The specified object name is not valid. (10020)')],
    ['too much metadata', new Error('put: Your metadata headers exceed the maximum allowed metadata size. (10012)')],
    ['a code of R2 that nobody knows', new Error('put: Something new (10999)')],
    ['a refusal by KV', new Error('KV PUT failed: 413 Value length of 26214401 exceeds limit of 26214400.')],
    ['an address', new Error('500.0.0.1 cannot be reached')],
    ['a message with a number in the middle', new Error('part 500 is missing')],
    ['a programming error', new TypeError('undefined is not a function')],
    ['something that is no error', 'oops'],
    ['nothing', undefined],
  ])('not %s', (_, error) => {
    expect(isRetryable(error)).toBe(false);
  });

  it('a status counts more than what the message says', () => {
    expect(isRetryable(Object.assign(new Error('500 behind a proxy'), { status: 400 }))).toBe(false);
    expect(statusOf(Object.assign(new Error('x (10001)'), { status: 404 }))).toBe(404);
  });
});

describe('delays', () => {
  const delays = (opts: R2Opts): number[] =>
    [0, 1, 2, 3, 4, 5, 9].map((retry) => retryDelayMs(retry, retryPolicy(opts)));

  it('are 100 ms, doubling, at most 2000 ms by default', () => {
    expect(delays({ jitter: false })).toEqual([100, 200, 400, 800, 1_600, 2_000, 2_000]);
  });

  it('follow the options: 50 ms, then 100 ms, at most 5000 ms', () => {
    expect(delays({ jitter: false, baseDelayMs: 50, maxDelayMs: 5_000 })).toEqual([
      50, 100, 200, 400, 800, 1_600, 5_000,
    ]);
  });

  it('are spread by 50 % down and up, and never longer than the longest', () => {
    expect(delays({ random: () => 0 })).toEqual([50, 100, 200, 400, 800, 1_000, 1_000]);
    expect(delays({ random: () => 0.999_999 }).map(Math.round)).toEqual([150, 300, 600, 1_200, 2_000, 2_000, 2_000]);
    const spread = new Set(Array.from({ length: 50 }, () => retryDelayMs(0, retryPolicy())));
    expect(spread.size).toBeGreaterThan(10);
  });
});

describe('withRetries', () => {
  it('waits before each retry, and gives the first success', async () => {
    const waited: number[] = [];
    const policy = retryPolicy({ jitter: false, sleep: async (delayMs) => void waited.push(delayMs) });
    let left = 3;
    const result = await withRetries(policy, async (earlierTries) => {
      if (left-- > 0) throw new Error('503 Service Unavailable');
      return earlierTries;
    });
    expect([result, waited]).toEqual([3, [100, 200, 400]]);
  });

  it('throws the last failure after maxRetries', async () => {
    const policy = retryPolicy({ maxRetries: 5, sleep: async () => {} });
    let calls = 0;
    await expect(
      withRetries(policy, async () => {
        throw new Error(`500 number ${++calls}`);
      }),
    ).rejects.toThrow('500 number 6');
  });

  it('tries once with maxRetries 0', async () => {
    let calls = 0;
    const call = async (): Promise<never> => {
      calls++;
      throw new Error('500');
    };
    await expect(withRetries(retryPolicy({ maxRetries: 0 }), call)).rejects.toThrow('500');
    expect(calls).toBe(1);
  });

  it('really waits by default', async () => {
    let calls = 0;
    const failOnce = async (): Promise<number> => {
      if (++calls === 1) throw new Error('500');
      return calls;
    };
    expect(await withRetries(retryPolicy({ baseDelayMs: 1 }), failOnce)).toBe(2);
  });
});

it.each([
  [{ maxRetries: -1 }, 'maxRetries is -1; use a whole number from 0 to 100'],
  [{ maxRetries: 1.5 }, 'maxRetries is 1.5'],
  [{ baseDelayMs: Number.NaN }, 'baseDelayMs is NaN'],
  [{ maxDelayMs: -1 }, 'maxDelayMs is -1'],
  [{ maxBufferedBytes: 1_000 }, 'maxBufferedBytes is 1000; use whole bytes from 5242880 (5 MiB)'],
])('an option that makes no sense is refused: %j', (opts, message) => {
  expect(() => retryPolicy(opts)).toThrow(message);
});
