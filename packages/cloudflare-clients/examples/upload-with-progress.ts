import type { R2Body, R2Service } from '@bucket-radio/cloudflare-clients';

export interface UploadRequest {
  readonly key: string;
  /** Of any length: it becomes a multipart upload when it is long. */
  readonly body: ReadableStream<Uint8Array>;
  readonly title: string;
  readonly contentType: string;
  /** Called with the bytes that have been read so far. */
  readonly onProgress: (bytes: number) => void;
}

export interface UploadResult {
  readonly key: string;
  readonly size: number;
  readonly version: string;
  readonly uploadedAt: Date;
}

/** Stores a stream and tells how far it is. */
export async function uploadWithProgress(r2: R2Service, request: UploadRequest): Promise<UploadResult> {
  const { key, body, title, contentType, onProgress } = request;
  let bytes = 0;
  const counted = body.pipeThrough(
    new TransformStream<Uint8Array, Uint8Array>({
      transform(chunk, controller) {
        bytes += chunk.length;
        onProgress(bytes);
        controller.enqueue(chunk);
      },
    }),
  );
  const stored = await r2.put(
    key,
    // Node's and the Workers' types of the same stream differ; in a project with the Workers' alone this is not needed.
    counted as unknown as R2Body,
    { uploadedBy: 'web-app', uploadTime: new Date().toISOString(), title },
    { contentType, cacheControl: 'public, max-age=31536000, immutable' },
  );
  return { key: stored.key, size: stored.size, version: stored.version, uploadedAt: stored.uploadedDate };
}
