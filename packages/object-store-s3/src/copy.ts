import { CopyObjectCommand } from '@aws-sdk/client-s3';
import {
  beginCall,
  type CopyStore,
  isObjectStoreError,
  type ObjectStore,
  ObjectStoreError,
  quoteKey,
  validateAttributes,
  validateKey,
} from '@bucket-radio/object-store';
import type { S3Context } from './context.ts';
import { copySource, putFields, quotedEtag } from './convert.ts';

/** Copies inside the bucket, up to 5 GiB; larger ones go by `copyPart`. */
export function createS3Copies(context: S3Context, core: ObjectStore): Pick<CopyStore, 'copy'> {
  const { bucket, client, request, traits, where } = context;
  return {
    async copy(from, to, options = {}) {
      validateKey(from);
      validateKey(to);
      validateAttributes(options.attributes, to);
      const call = beginCall(options);
      const { mode = 'overwrite', attributes } = options;
      const conditional = mode === 'create' && traits.createOnCopy === 'atomic';
      if (mode === 'create' && !conditional) await requireAbsent(core, to, call);
      if (from === to && attributes === undefined) {
        // The service refuses to copy an object onto itself unless something changes.
        const { etag } = await core.head(from, call);
        if (mode === 'create') throw exists(to);
        return { etag };
      }
      const command = new CopyObjectCommand({
        ...where,
        Key: to,
        CopySource: copySource(bucket, from),
        ...(attributes === undefined ? {} : { MetadataDirective: 'REPLACE', ...putFields(attributes) }),
        ...(conditional ? { IfNoneMatch: '*' } : {}),
      });
      const action = { action: 'copy', key: from, ...call, ...(conditional ? { mode } : {}) };
      const { CopyObjectResult } = await request(action, (http) => client.send(command, http));
      return { etag: quotedEtag(CopyObjectResult?.ETag, to) };
    },
  };
}

/** Looks before an overwrite, where the service keeps no condition. @throws ObjectStoreError `AlreadyExists` */
export async function requireAbsent(
  core: ObjectStore,
  key: string,
  call: { readonly signal?: AbortSignal },
): Promise<void> {
  try {
    await core.head(key, call);
  } catch (error) {
    if (isObjectStoreError(error, 'NotFound')) return;
    throw error;
  }
  throw exists(key);
}

function exists(key: string): ObjectStoreError {
  return new ObjectStoreError('AlreadyExists', `${quoteKey(key)} already exists and the mode is "create"`, { key });
}
