/** HTTP status of R2's own codes, as far as they matter here (developers.cloudflare.com/r2/api/error-codes). */
const STATUS_BY_R2_CODE: Readonly<Record<string, number>> = {
  10001: 500,
  10002: 401,
  10003: 403,
  10007: 404,
  10043: 503,
  10058: 429,
};

/** Names, and texts in messages, of a request that got no answer in time or lost its connection. */
const TIMEOUT_NAMES: ReadonlySet<unknown> = new Set(['TimeoutError', 'ETIMEDOUT', 'ESOCKETTIMEDOUT', 'ECONNRESET']);
const TIMEOUT_TEXT = /\btime(d )?-?out\b|network connection lost/i;

/**
 * The HTTP status that an error stands for: its `status`, else R2's code at the end of its message (`(10001)`), else a
 * status that its message begins with, alone or after KV's own words. A binding's own errors have no `status`.
 */
export function statusOf(error: unknown): number | undefined {
  const { status } = fieldsOf(error);
  if (typeof status === 'number') return status;
  const code = r2CodeOf(error);
  if (code !== undefined) return STATUS_BY_R2_CODE[code] ?? 400;
  const leading = /^(?:KV \w+ failed: )?([45]\d\d)(?=[\s:]|$)/.exec(messageOf(error))?.[1];
  return leading === undefined ? undefined : Number(leading);
}

/** R2's code at the end of the message, for example 10012 of `put: Your metadata … (10012)`. */
export function r2CodeOf(error: unknown): number | undefined {
  const code = /\((10\d{3,4})\)\s*$/.exec(messageOf(error))?.[1];
  return code === undefined ? undefined : Number(code);
}

/** Whether the same request may succeed a moment later: 429, 5xx, or no answer in time. */
export function isRetryable(error: unknown): boolean {
  const status = statusOf(error);
  if (status !== undefined) return status === 429 || (status >= 500 && status < 600);
  const { name, code, retryable } = fieldsOf(error);
  return (
    retryable === true || TIMEOUT_NAMES.has(name) || TIMEOUT_NAMES.has(code) || TIMEOUT_TEXT.test(messageOf(error))
  );
}

interface ErrorFields {
  readonly name?: unknown;
  readonly code?: unknown;
  readonly status?: unknown;
  readonly retryable?: unknown;
  readonly message?: unknown;
}

function fieldsOf(error: unknown): ErrorFields {
  return typeof error === 'object' && error !== null ? error : {};
}

function messageOf(error: unknown): string {
  const { message } = fieldsOf(error);
  return typeof message === 'string' ? message : String(error);
}
