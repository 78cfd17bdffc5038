import { CloudflareClientError } from './error.ts';

/** R2's limit on a key, in UTF-8 bytes. */
const MAX_R2_KEY_BYTES = 1024;

/**
 * What R2 itself accepts: any well-formed text of 1 to 1024 UTF-8 bytes. Checked here, so that a wrong key costs no request.
 * @throws CloudflareClientError `InvalidKey`
 */
export function checkR2Key(key: string): void {
  if (key.length === 0) throw new CloudflareClientError('InvalidKey', 'the key is empty; use 1 to 1024 bytes', { key });
  if (!key.isWellFormed()) {
    throw new CloudflareClientError('InvalidKey', `the key ${shown(key)} holds half a surrogate pair`, { key });
  }
  const bytes = utf8Length(key);
  if (bytes > MAX_R2_KEY_BYTES) {
    throw new CloudflareClientError(
      'InvalidKey',
      `the key ${shown(key)} has ${bytes} bytes; R2 takes at most ${MAX_R2_KEY_BYTES}`,
      { key },
    );
  }
}

export function utf8Length(text: string): number {
  return new TextEncoder().encode(text).length;
}

/** A key for a message: quoted, and cut where it is long. */
export function shown(key: string): string {
  return JSON.stringify(key.length > 100 ? `${key.slice(0, 100)}…` : key);
}
