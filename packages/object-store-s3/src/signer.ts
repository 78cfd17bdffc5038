import { DeleteObjectCommand, GetObjectCommand, HeadObjectCommand, PutObjectCommand } from '@aws-sdk/client-s3';
import { ObjectStoreError, type Signer, validateKey } from '@bucket-radio/object-store';
import type { S3Context } from './context.ts';

/** Seven days: the longest that a signature of version 4 is good for. */
const MAX_EXPIRY_SECONDS = 604_800;

/** Presigned URLs; made here, without asking the service. */
export function createS3Signer({ client, where }: S3Context): Signer {
  return {
    async signUrl(method, key, { expiresInSeconds, contentType }) {
      validateKey(key);
      if (!Number.isInteger(expiresInSeconds) || expiresInSeconds < 1 || expiresInSeconds > MAX_EXPIRY_SECONDS) {
        throw new ObjectStoreError(
          'NotSupported',
          `expiresInSeconds is ${expiresInSeconds}; use 1 to ${MAX_EXPIRY_SECONDS} (7 days)`,
          { key },
        );
      }
      // Loaded by the first call: most programs never sign a URL.
      const { getSignedUrl } = await import('@aws-sdk/s3-request-presigner');
      const input = { ...where, Key: key };
      const options = { expiresIn: expiresInSeconds };
      switch (method) {
        case 'GET':
          return getSignedUrl(client, new GetObjectCommand(input), options);
        case 'HEAD':
          return getSignedUrl(client, new HeadObjectCommand(input), options);
        case 'DELETE':
          return getSignedUrl(client, new DeleteObjectCommand(input), options);
        case 'PUT': {
          if (contentType === undefined) return getSignedUrl(client, new PutObjectCommand(input), options);
          const command = new PutObjectCommand({ ...input, ContentType: contentType });
          return getSignedUrl(client, command, { ...options, signableHeaders: new Set(['host', 'content-type']) });
        }
      }
    },
  };
}
