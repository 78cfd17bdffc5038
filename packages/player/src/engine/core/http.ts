import { type Clock, following } from './clock.ts';

/** The part of `fetch` that the engine uses. */
export type FetchLike = (url: string, init: RequestInit) => Promise<Response>;

export interface HttpRequest {
  readonly url: string;
  /** The request counts as failed when the whole body has not arrived by then. */
  readonly timeoutMs: number;
  /** And when nothing arrives for this long. Default: `timeoutMs`. */
  readonly idleMs?: number;
  /** A longer body counts as failed. */
  readonly maxBytes: number;
  readonly init?: RequestInit;
  /** Takes the body piece by piece as it arrives; `body` is empty then. What it throws ends the request. */
  readonly onPart?: (part: Uint8Array) => void;
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
  /** `onPart` threw `cause`. */
  | { readonly kind: 'refused'; readonly cause: unknown }
  | { readonly kind: 'failed'; readonly message: string };

export type HttpFault = Exclude<HttpReply, { kind: 'ok' }>;

/** What a person may be told about an answer that is none. */
export function whyNot(reply: HttpFault): string {
  if (reply.kind === 'not-found') return `HTTP ${reply.status}`;
  if (reply.kind === 'failed') return reply.message;
  if (reply.kind === 'not-modified') return 'HTTP 304';
  return reply.kind === 'refused' ? String(reply.cause) : 'no answer in time';
}

/** Carries what `onPart` threw out of the exchange. */
class Refusal extends Error {}

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
  const over = new AbortController();
  const call = following(over.signal, signal);
  const progress = { at: transport.clock.now() };
  watch(transport.clock, request, progress, over.signal).then(
    () => call.abort(),
    () => undefined,
  );
  try {
    return await Promise.race([exchange(transport, request, progress, call.signal), rejected(call.signal)]);
  } catch (error) {
    signal.throwIfAborted();
    if (error instanceof Refusal) return { kind: 'refused', cause: error.cause };
    if (call.signal.aborted) return { kind: 'timeout' };
    return { kind: 'failed', message: error instanceof Error ? error.message : String(error) };
  } finally {
    over.abort();
  }
}

/** Resolves when the request has taken too long, or has stood still for too long. */
async function watch(clock: Clock, request: HttpRequest, progress: { at: number }, signal: AbortSignal): Promise<void> {
  const { timeoutMs, idleMs = timeoutMs } = request;
  const end = progress.at + timeoutMs;
  for (;;) {
    const ms = Math.min(end, progress.at + idleMs) - clock.now();
    if (ms <= 0) return;
    await clock.sleep(ms, signal);
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
  { url, init, maxBytes, onPart }: HttpRequest,
  progress: { at: number },
  signal: AbortSignal,
): Promise<HttpReply> {
  const sentAt = clock.now();
  const response = await fetch(url, { ...init, signal, credentials: 'omit' });
  const headAt = clock.now();
  progress.at = headAt;
  const { status, headers } = response;
  if (status === 304) return { kind: 'not-modified', headers, sentAt, headAt };
  if (status === 200) {
    const parts: BlobPart[] = [];
    await readBody(response, maxBytes, (part) => {
      progress.at = clock.now();
      if (onPart === undefined) parts.push(part);
      else if (!signal.aborted) onPart(part);
    });
    const body = new Uint8Array(await new Blob(parts).arrayBuffer());
    return { kind: 'ok', body, headers, sentAt, headAt, doneAt: clock.now() };
  }
  await response.body?.cancel();
  return NOT_FOUND.includes(status) ? { kind: 'not-found', status } : { kind: 'failed', message: `HTTP ${status}` };
}

async function readBody(
  response: Response,
  maxBytes: number,
  take: (part: Uint8Array<ArrayBuffer>) => void,
): Promise<void> {
  let length = 0;
  const reader = response.body?.getReader();
  for (let part = await reader?.read(); part?.value !== undefined; part = await reader?.read()) {
    length += part.value.length;
    try {
      if (length > maxBytes) throw new Error(`more than ${maxBytes} bytes`);
      take(part.value);
    } catch (cause) {
      await reader?.cancel().catch(() => undefined);
      throw new Refusal('', { cause });
    }
  }
}
