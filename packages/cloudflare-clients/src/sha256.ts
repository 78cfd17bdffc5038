import type { SignatureV4 } from '@smithy/signature-v4';

/** The hash that the signer asks for: SHA-256, or HMAC-SHA-256 where it gives a secret. */
type HashConstructor = Extract<ConstructorParameters<typeof SignatureV4>[0]['sha256'], new (secret?: never) => unknown>;
type Hash = InstanceType<HashConstructor>;
type Secret = NonNullable<ConstructorParameters<HashConstructor>[0]>;
type Data = Parameters<Hash['update']>[0];

/** SHA-256 by the Web Crypto of the runtime: nothing to bundle, and the same in Workers, Node and browsers. */
export class WebCryptoSha256 {
  readonly #secret: Uint8Array<ArrayBuffer> | undefined;
  #data: Uint8Array<ArrayBuffer> = new Uint8Array();

  constructor(secret?: Secret) {
    this.#secret = secret === undefined ? undefined : toBytes(secret);
  }

  update(data: Data): void {
    const added = toBytes(data);
    const all = new Uint8Array(this.#data.length + added.length);
    all.set(this.#data);
    all.set(added, this.#data.length);
    this.#data = all;
  }

  async digest(): Promise<Uint8Array> {
    if (this.#secret === undefined) return new Uint8Array(await crypto.subtle.digest('SHA-256', this.#data));
    const algorithm = { name: 'HMAC', hash: 'SHA-256' };
    const key = await crypto.subtle.importKey('raw', this.#secret, algorithm, false, ['sign']);
    return new Uint8Array(await crypto.subtle.sign('HMAC', key, this.#data));
  }

  reset(): void {
    this.#data = new Uint8Array();
  }
}

function toBytes(data: Data): Uint8Array<ArrayBuffer> {
  if (typeof data === 'string') return new TextEncoder().encode(data);
  if (ArrayBuffer.isView(data)) return new Uint8Array(data.buffer, data.byteOffset, data.byteLength).slice();
  return new Uint8Array(data).slice();
}
