import { md5 } from '@noble/hashes/legacy.js';

/** A running MD5 of PCM. */
export interface PcmMd5 {
  update(data: Uint8Array): void;
  /** The 16 bytes; ends the digest. */
  digest(): Uint8Array;
}

/**
 * MD5 of interleaved signed little-endian PCM, 3 bytes per sample: the digest that FLAC's STREAMINFO carries
 * for 24-bit audio (RFC 9639 §8.2). Runs anywhere; a fingerprint against damage, not against an attacker.
 */
export function createPcmMd5(): PcmMd5 {
  const hash = md5.create();
  return {
    update: (data) => {
      hash.update(data);
    },
    digest: () => hash.digest(),
  };
}

/** The digest of one piece of PCM: 16 bytes. */
export function pcmMd5(data: Uint8Array): Uint8Array {
  return md5(data);
}

/** Lower-case hexadecimal of `bytes`. */
export function toHex(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += byte.toString(16).padStart(2, '0');
  return text;
}
