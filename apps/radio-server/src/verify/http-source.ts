import { VerifyError } from './report.ts';
import type { BucketSource } from './source.ts';

/** Largest object that is read: several times the largest segment. */
const MAX_OBJECT_BYTES = 16 * 1024 * 1024;
const REQUEST_TIMEOUT_MS = 30_000;
/** A server or a network may fail once in a while; three times in a row is an answer. */
const ATTEMPTS = 3;
/** No such object; 403 is what some stores say to a reader who may not list. */
const ABSENT = [403, 404, 410];

/** A bucket as players read it. Requests look like those of a page, so that CORS headers are sent. */
export function openHttp(base: string, fetcher: typeof fetch = fetch): BucketSource {
  const { origin } = new URL(base);
  const attempt = async (url: string) => {
    const response = await fetcher(url, {
      headers: { Origin: origin },
      signal: AbortSignal.timeout(REQUEST_TIMEOUT_MS),
    });
    if (ABSENT.includes(response.status)) {
      await response.body?.cancel();
      return undefined;
    }
    if (!response.ok) {
      await response.body?.cancel();
      throw new Error(`the answer was ${response.status}`);
    }
    return { data: await readBody(response), headers: response.headers };
  };
  return {
    location: base,
    read: async (key) => {
      const url = `${base}/${key}`;
      for (let tries = 1; ; tries++) {
        try {
          return await attempt(url);
        } catch (error) {
          if (tries < ATTEMPTS) continue;
          throw new VerifyError(`${url} cannot be read: ${reasonOf(error)}`, { cause: error });
        }
      }
    },
  };
}

async function readBody(response: Response): Promise<Uint8Array> {
  const parts: Uint8Array[] = [];
  let bytes = 0;
  for await (const part of response.body ?? []) {
    bytes += part.length;
    if (bytes > MAX_OBJECT_BYTES) throw new Error(`it has more than ${MAX_OBJECT_BYTES} bytes`);
    parts.push(part);
  }
  return Buffer.concat(parts);
}

/** `fetch` says "fetch failed"; what failed is its cause. */
function reasonOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error);
  const cause = error.cause as (Error & { code?: string }) | undefined;
  return cause?.code ?? cause?.message ?? error.message;
}
