import { createHash } from 'node:crypto';
import { UploadError } from './error.ts';
import { inOrder, type SentPart } from './lanes.ts';
import { ID_NAME } from './settle.ts';
import type { UploadStore } from './types.ts';

/** @throws UploadError `VerifyFailed` when the object has not this size and id */
export async function verifyArrival(
  store: UploadStore,
  expected: { readonly key: string; readonly id: string; readonly size: number; readonly etag: string },
): Promise<void> {
  const { key, id, size, etag } = expected;
  const head = await store.head(key);
  // Another writer may have replaced the object since; that is not ours to judge.
  if (head.attributes.metadata?.[ID_NAME] !== id || head.etag !== etag) return;
  if (head.size !== size) throw failed(key, `it has ${head.size} bytes instead of ${size}`);
}

/** Reads the object back, once, and compares every part with its SHA-256; holds no more than a chunk in memory. */
export async function verifyContent(
  store: UploadStore,
  key: string,
  etag: string,
  parts: readonly Pick<SentPart, 'partNumber' | 'size' | 'sha256'>[],
): Promise<void> {
  const { body } = await store.get(key, { ifMatch: etag });
  const expected = inOrder(parts).values();
  let part = expected.next().value;
  let hash = createHash('sha256');
  let at = 0;
  for await (const chunk of body) {
    for (let taken = 0; taken < chunk.length; ) {
      if (part === undefined) throw failed(key, 'it has more bytes than were sent');
      const piece = chunk.subarray(taken, taken + part.size - at);
      hash.update(piece);
      taken += piece.length;
      at += piece.length;
      if (at < part.size) continue;
      if (hash.digest('hex') !== part.sha256) throw failed(key, `part ${part.partNumber} has another checksum`);
      part = expected.next().value;
      hash = createHash('sha256');
      at = 0;
    }
  }
  if (part !== undefined && part.size > 0) throw failed(key, `it ends within part ${part.partNumber}`);
}

function failed(key: string, problem: string): UploadError {
  return new UploadError('VerifyFailed', `${JSON.stringify(key)} is stored, but ${problem}; upload it again`, { key });
}
