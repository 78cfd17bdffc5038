import type { R2Service } from '@bucket-radio/cloudflare-clients';
import type { R2UploadedPart } from '@cloudflare/workers-types';

/** All that a client has to keep to go on with an upload tomorrow, in another Worker. */
export interface UploadState {
  readonly key: string;
  readonly uploadId: string;
  readonly parts: readonly R2UploadedPart[];
}

export async function begin(r2: R2Service, key: string, contentType: string): Promise<UploadState> {
  const { uploadId } = await r2.createMultipartUpload(key, { httpMetadata: { contentType } });
  return { key, uploadId, parts: [] };
}

/** @param bytes of one size for all parts but the last: 5 MiB or more */
export async function addPart(r2: R2Service, state: UploadState, bytes: ArrayBuffer): Promise<UploadState> {
  const upload = r2.resumeMultipartUpload(state.key, state.uploadId);
  const part = await upload.uploadPart(state.parts.length + 1, bytes);
  return { ...state, parts: [...state.parts, part] };
}

/** @returns the size of the whole object */
export async function finish(r2: R2Service, { key, uploadId, parts }: UploadState): Promise<number> {
  const stored = await r2.resumeMultipartUpload(key, uploadId).complete([...parts]);
  return stored.size;
}
