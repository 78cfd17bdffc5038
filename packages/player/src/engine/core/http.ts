import type { Clock } from './clock.ts';

/** The part of `fetch` that the engine uses. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpRequest {
  readonly url: string;
  /** The request counts as failed when the whole body has not arrived by then. */
  readonly timeoutMs: number;
  /** A longer body counts as failed. */
  readonly maxBytes: number;
  readonly init?: RequestInit;
}

export type HttpReply =
  | {
      readonly kind: 'ok';
      readonly body: Uint8Array;
      readonly headers: Headers;
      /** Local UTC milliseconds of the request, of the response head, and of the last byte. */
      readonly sentAt: number;
      readonly headAt: number;
      readonly doneAt: number;
    }
  | { readonly kind: 'not-modified'; readonly headers: Headers; readonly sentAt: number; readonly headAt: number }
  | { readonly kind: 'not-found'; readonly status: number }
  | { readonly kind: 'timeout' }
  | { readonly kind: 'failed'; readonly message: string };

/** A bucket whose listing is private answers 403 for an object that is not there. */
const NOT_FOUND: readonly number[] = [403, 404, 410];

/**
 * One GET that always comes to an end. Faults are replies, not exceptions: the caller decides what each means.
 * @throws only the reason of `signal`
 */
export async function httpGet(
  transport: { readonly fetch: FetchLike; readonly clock: Clock },
  request: HttpRequest,
  signal: AbortSignal,
): Promise<HttpReply> {
  signal.throwIfAborted();
  const { clock } = transport;
  const timer = new AbortController();
  const timeout = new AbortController();
  clock.sleep(request.timeoutMs, timer.signal).then(
    () => timeout.abort(new Error(`no answer within ${request.timeoutMs} ms`)),
    () => undefined,
  );
  const both = AbortSignal.any([signal, timeout.signal]);
  try {
    return await Promise.race([exchange(transport, request, both), rejected(both)]);
  } catch (error) {
    signal.throwIfAborted();
    if (timeout.signal.aborted) return { kind: 'timeout' };
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    timer.abort();
  }
}

/** Some transports ignore their signal. */
function rejected(signal: AbortSignal): Promise<never> {
  return new Promise((_, reject) => {
    signal.addEventListener('abort', () => reject(signal.reason as Error), { once: true });
  });
}

async function exchange(
  { fetch, clock }: { readonly fetch: FetchLike; readonly clock: Clock },
  { url, init, maxBytes }: HttpRequest,
  signal: AbortSignal,
): Promise<HttpReply> {
  const sentAt = clock.now();
  const response = await fetch(url, { ...init, signal, credentials: 'omit' });
  const headAt = clock.now();
  const { status, headers } = response;
  if (status === 304) return { kind: 'not-modified', headers, sentAt, headAt };
  if (status === 200) {
    const body = await readBody(response, maxBytes);
    return { kind: 'ok', body, headers, sentAt, headAt, doneAt: clock.now() };
  }
  await response.body?.cancel();
  return NOT_FOUND.includes(status) ? { kind: 'not-found', status } : { kind: 'failed', message: `HTTP ${status}` };
}

async function readBody(response: Response, maxBytes: number): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    if (length > maxBytes) {
      await reader?.cancel();
      throw new Error(`more than ${maxBytes} bytes`);
    }
    parts.push(part.value);
  }
  const body = new Uint8Array(length);
  let at = 0;
  for (const part of parts) {
    body.set(part, at);
    at += part.length;
  }
  return body;
}
