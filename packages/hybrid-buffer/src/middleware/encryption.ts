import { type CipherGCMTypes, createCipheriv, createDecipheriv, hkdfSync, randomBytes } from 'node:crypto';
import { HybridBufferError } from '../error.ts';
import { release } from '../release.ts';
import type { FrameCodec, Middleware } from './middleware.ts';

export interface EncryptionOptions {
  /**
   * 32 random bytes that every buffer's own key is derived from. Default: generated anew for each buffer and never
   * stored anywhere.
   */
  readonly key?: Uint8Array;
}

const KEY_BYTES = 32;
const TAG_BYTES = 16;
const NONCE_BYTES = 12;

/**
 * AES-256-GCM, frame by frame.
 * @throws HybridBufferError `InvalidOption`
 */
export function aes256Gcm(options: EncryptionOptions = {}): Middleware {
  return encryption('aes-256-gcm', options);
}

/**
 * ChaCha20-Poly1305, frame by frame: as strong, and faster where the processor has no instructions for AES.
 * @throws HybridBufferError `InvalidOption`
 */
export function chacha20Poly1305(options: EncryptionOptions = {}): Middleware {
  return encryption('chacha20-poly1305', options);
}

/**
 * A stored frame is its ciphertext and a 16-byte tag. The key is the buffer's alone, derived from the one given and a
 * random salt that only this process's memory holds; the nonce is the frame's sequence number, which is never used
 * twice. So a frame that is changed, moved, exchanged for an older one or for another buffer's does not open.
 */
function encryption(algorithm: 'aes-256-gcm' | 'chacha20-poly1305', options: EncryptionOptions): Middleware {
  const given = options.key === undefined ? undefined : Uint8Array.from(options.key);
  if (given !== undefined && given.length !== KEY_BYTES) {
    throw new HybridBufferError(
      'InvalidOption',
      `the key has ${given.length} bytes; ${algorithm} wants ${KEY_BYTES} random ones (value: REDACTED)`,
    );
  }
  return {
    name: algorithm,
    maxOverheadBytes: () => TAG_BYTES,
    open: () => new EncryptionCodec(algorithm, given ?? randomBytes(KEY_BYTES)),
  };
}

class EncryptionCodec implements FrameCodec {
  // Node's types know the options of both only under the name of one.
  readonly #algorithm: CipherGCMTypes;
  readonly #key: Buffer;
  readonly #nonce = Buffer.alloc(NONCE_BYTES);
  #stored = Buffer.alloc(0);
  #plain = Buffer.alloc(0);

  constructor(algorithm: string, key: Uint8Array) {
    this.#algorithm = algorithm as CipherGCMTypes;
    const info = `bucket-radio hybrid-buffer ${algorithm}`;
    this.#key = Buffer.from(hkdfSync('sha256', key, randomBytes(32), info, KEY_BYTES));
  }

  encode(frame: Uint8Array, sequence: number): Uint8Array {
    const cipher = createCipheriv(this.#algorithm, this.#key, this.#nonceOf(sequence), { authTagLength: TAG_BYTES });
    if (this.#stored.length < frame.length + TAG_BYTES) this.#stored = Buffer.alloc(frame.length + TAG_BYTES);
    const ciphertext = cipher.update(frame);
    this.#stored.set(ciphertext, 0);
    release(ciphertext);
    // Both ciphers are streams: nothing is left for the end but the tag.
    cipher.final();
    this.#stored.set(cipher.getAuthTag(), frame.length);
    return this.#stored.subarray(0, frame.length + TAG_BYTES);
  }

  decode(stored: Uint8Array, sequence: number): Uint8Array {
    const size = stored.length - TAG_BYTES;
    try {
      const decipher = createDecipheriv(this.#algorithm, this.#key, this.#nonceOf(sequence), {
        authTagLength: TAG_BYTES,
      });
      decipher.setAuthTag(stored.subarray(size));
      const frame = decipher.update(stored.subarray(0, size));
      if (this.#plain.length < frame.length) this.#plain = Buffer.alloc(frame.length);
      this.#plain.set(frame);
      release(frame);
      decipher.final();
      return this.#plain.subarray(0, size);
    } catch (cause) {
      throw new HybridBufferError(
        'Tampered',
        `frame ${sequence} in storage is not the one that was written: somebody changed it, or the storage is broken`,
        { cause },
      );
    }
  }

  close(): void {
    this.#key.fill(0);
  }

  #nonceOf(sequence: number): Buffer {
    this.#nonce.writeBigUInt64BE(BigInt(sequence), NONCE_BYTES - 8);
    return this.#nonce;
  }
}
