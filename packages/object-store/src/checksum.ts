import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { StreamBody } from './multipart.ts';
import type { ContentChecksum } from './types.ts';

/** @throws ObjectStoreError `NotSupported` when the checksum is not written as the contract says */
export function validateChecksum(checksum: ContentChecksum | undefined, key: string): void {
  if (checksum === undefined || /^[0-9a-f]{64}$/.test(checksum.sha256)) return;
  throw new ObjectStoreError('NotSupported', `checksum of ${quoteKey(key)}: sha256 is 64 digits 0-9 and a-f`, { key });
}

/** Checks bytes in hand; for stores without a server that does. @throws ObjectStoreError `ChecksumMismatch` */
export async function verifyChecksum(
  bytes: Uint8Array<ArrayBuffer>,
  checksum: ContentChecksum | undefined,
  key: string,
): Promise<void> {
  if (checksum === undefined || (await sha256Hex(bytes)) === checksum.sha256) return;
  throw checksumMismatch(key);
}

export function checksumMismatch(key: string): ObjectStoreError {
  return new ObjectStoreError(
    'ChecksumMismatch',
    `${quoteKey(key)}: the bytes that arrived do not have the checksum that was given; nothing was stored`,
    { key },
  );
}

/** The first 128 bits of the content's SHA-256, quoted. */
export async function contentEtag(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  return `"${(await sha256Hex(bytes)).slice(0, 32)}"`;
}

async function sha256Hex(bytes: Uint8Array<ArrayBuffer>): Promise<string> {
  const digest = new Uint8Array(await crypto.subtle.digest('SHA-256', bytes));
  let hex = '';
  for (const byte of digest) hex += byte.toString(16).padStart(2, '0');
  return hex;
}

/** All bytes of a part's body, copied; its size must be what it says. */
export async function collectBody(body: Uint8Array | StreamBody, key: string): Promise<Uint8Array<ArrayBuffer>> {
  if (body instanceof Uint8Array) return new Uint8Array(body);
  const all = new Uint8Array(body.size);
  let at = 0;
  for await (const chunk of body.chunks()) {
    if (at + chunk.length > body.size) throw wrongSize(key, body.size, 'more');
    all.set(chunk, at);
    at += chunk.length;
  }
  if (at !== body.size) throw wrongSize(key, body.size, String(at));
  return all;
}

/** Every write is checked: a body that lies about its size would shift all that follows. */
export function wrongSize(key: string, size: number, found: string): ObjectStoreError {
  return new ObjectStoreError('NotSupported', `${quoteKey(key)}: a body of ${size} bytes gave ${found}`, { key });
}
