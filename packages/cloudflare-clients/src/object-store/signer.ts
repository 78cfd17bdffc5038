import { ObjectStoreError, type Signer, validateKey } from '@bucket-radio/object-store';
import { isCloudflareClientError } from '../error.ts';
import type { UrlSigner } from '../url-signer.ts';

/** The contract's signer; its errors in the contract's terms. */
export function createStoreSigner(signer: UrlSigner): Signer {
  return {
    async signUrl(method, key, { expiresInSeconds, contentType }) {
      validateKey(key);
      try {
        return await signer.sign(method, key, expiresInSeconds, contentType);
      } catch (error) {
        if (!isCloudflareClientError(error)) throw error;
        const code = error.code === 'InvalidCredentials' ? 'Unauthenticated' : 'NotSupported';
        throw new ObjectStoreError(code, error.message, { key, cause: error });
      }
    },
  };
}
