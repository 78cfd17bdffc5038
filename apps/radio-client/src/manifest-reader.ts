import { type Manifest, ManifestError, parseManifest } from '@bucket-radio/manifest';
import { etagOf } from './etag.ts';

/** What reading the manifest came to. */
export type ManifestAnswer =
  | { readonly ok: true; readonly body: string; readonly etag: string; readonly manifest: Manifest }
  | { readonly ok: false; readonly code: ManifestFailure; readonly message: string };

type ManifestFailure =
  /** The bucket answers and holds no manifest: nothing was ever broadcast there. */
  | 'NotStarted'
  | 'Unreachable'
  /** What is there is not a manifest this site can read. */
  | 'Unreadable';

export interface ManifestReader {
  /** The manifest, at most {@link FRESH_MS} old. Never rejects. */
  read(): Promise<ManifestAnswer>;
}

/** The gate of a private bucket. */
export interface ManifestGate {
  /** Where it gives tokens. */
  readonly tokenUrl: string;
  /** Origin of this site, which the gate knows. */
  readonly origin?: string;
}

export interface ManifestReaderOptions {
  readonly url: string;
  readonly gate?: ManifestGate;
  readonly fetch?: typeof fetch;
  /** Milliseconds that only grow. */
  readonly now?: () => number;
  /** Makes the signal that ends a request after `ms`. */
  readonly timeout?: (ms: number) => AbortSignal;
}

/** An answer, good or bad, serves everybody who asks within this time: any number of visitors is one request a second. */
const FRESH_MS = 1_000;
const TIMEOUT_MS = 3_000;
/** A manifest has at most 2 KiB (docs/format.md). */
const MAX_BYTES = 64 * 1024;

/** Reads the station's manifest for everybody at once: requests that meet are one request. */
export function createManifestReader(options: ManifestReaderOptions): ManifestReader {
  const now = options.now ?? (() => performance.now());
  let current: Promise<ManifestAnswer> | undefined;
  let settledAt = Number.POSITIVE_INFINITY;
  return {
    read: () => {
      if (current !== undefined && now() < settledAt + FRESH_MS) return current;
      settledAt = Number.POSITIVE_INFINITY;
      current = readOnce(options).finally(() => {
        settledAt = now();
      });
      return current;
    },
  };
}

async function readOnce({
  url,
  gate,
  fetch: send = fetch,
  timeout = (ms) => AbortSignal.timeout(ms),
}: ManifestReaderOptions): Promise<ManifestAnswer> {
  try {
    const signal = timeout(TIMEOUT_MS);
    const access = gate === undefined ? {} : await accessHeaders(gate, send, signal);
    const response = await send(url, { signal, headers: { accept: 'application/json', ...access } });
    if (!response.ok) {
      await response.body?.cancel();
      return refusal(response.status);
    }
    const body = await readText(response);
    return { ok: true, body, etag: await etagOf(body), manifest: parseManifest(JSON.parse(body)) };
  } catch (error) {
    if (error instanceof ManifestError || error instanceof SyntaxError || error instanceof RangeError) {
      return failure('Unreadable', `the station's manifest cannot be read: ${error.message}`);
    }
    const late = error instanceof Error && error.name === 'TimeoutError';
    const why = late ? `its bucket did not answer within ${TIMEOUT_MS / 1000} s` : 'its bucket cannot be reached';
    return failure('Unreachable', `the station cannot be read: ${why}; try again in a moment`);
  }
}

/** A token for one read: this site asks rarely, so it keeps none. No token, no header: the gate then says why. */
async function accessHeaders(
  { tokenUrl, origin }: ManifestGate,
  send: typeof fetch,
  signal: AbortSignal,
): Promise<Record<string, string>> {
  const response = await send(tokenUrl, { method: 'POST', signal, headers: origin === undefined ? {} : { origin } });
  const answer: unknown = response.ok ? await response.json() : await response.body?.cancel();
  const token = typeof answer === 'object' && answer !== null ? Reflect.get(answer, 'token') : undefined;
  return typeof token === 'string' ? { authorization: `Bearer ${token}` } : {};
}

function refusal(status: number): ManifestAnswer {
  if (status === 404) return failure('NotStarted', 'the station has not broadcast anything yet; try again in a moment');
  const fix = status === 401 || status === 403 ? '; make the bucket public and set R2_PUBLIC_URL to its address' : '';
  return failure('Unreachable', `the station cannot be read: its bucket answered ${status}${fix}`);
}

function failure(code: ManifestFailure, message: string): ManifestAnswer {
  return { ok: false, code, message };
}

/** @throws RangeError when the body is larger than any manifest */
async function readText(response: Response): Promise<string> {
  const decoder = new TextDecoder();
  let text = '';
  let bytes = 0;
  for await (const piece of response.body ?? []) {
    bytes += piece.length;
    if (bytes > MAX_BYTES) throw new RangeError(`it has more than ${MAX_BYTES} bytes`);
    text += decoder.decode(piece, { stream: true });
  }
  return text + decoder.decode();
}
