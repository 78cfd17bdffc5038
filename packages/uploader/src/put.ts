import { hash, randomUUID } from 'node:crypto';
import type { UploadContext } from './context.ts';
import { settle, withId } from './settle.ts';
import type { UploadResult } from './types.ts';
import { verifyContent } from './verify.ts';

/** A single put of bytes in memory. */
export async function putWhole(context: UploadContext, bytes: Uint8Array): Promise<UploadResult> {
  const { store, key, control, progress, options, attributes } = context;
  const id = randomUUID();
  const sha256 = hash('sha256', bytes, 'hex');
  await control.ready();
  progress.setInFlight(0, 0);
  const { etag } = await settle(store, { key, id, size: bytes.length }, () =>
    store.put(key, bytes, {
      attributes: withId(attributes, id),
      mode: options.mode ?? 'overwrite',
      checksum: { sha256 },
      signal: control.signal,
    }),
  );
  progress.confirm(0, bytes.length, { part: false });
  if (options.verify === 'read') {
    await verifyContent(store, key, etag, [{ partNumber: 1, size: bytes.length, sha256 }]);
  }
  return { key, etag, size: bytes.length, parts: 0, id, checksum: sha256, resumedBytes: 0 };
}
