import type { ByteRange, CallOptions, ContentChecksum, ObjectAttributes, PutResult } from './types.ts';

/** Bytes; every part but the last has at least `minPartBytes`. */
export interface MultipartLimits {
  readonly minPartBytes: number;
  readonly maxPartBytes: number;
  readonly maxParts: number;
  /** Whether all parts but the last must have one size (R2). */
  readonly equalParts: boolean;
}

/** An upload under way. It is plain data: write it down, and another process can go on with it. */
export interface MultipartUpload {
  readonly key: string;
  readonly uploadId: string;
}

export interface UploadedPart {
  /** From 1. */
  readonly partNumber: number;
  readonly etag: string;
  /** Bytes. */
  readonly size: number;
}

/**
 * A body that is read while it is sent, and again for every further try. A chunk may be overwritten once the next one
 * is asked for, so one buffer can serve for all. Rejects with its own errors, which the call passes on unchanged.
 */
export interface StreamBody {
  /** Bytes in all. */
  readonly size: number;
  chunks(): AsyncIterable<Uint8Array>;
}

export interface PutPartOptions extends CallOptions {
  readonly checksum?: ContentChecksum;
}

export interface CompleteOptions extends CallOptions {
  /** `create` fails with `AlreadyExists` when the object exists; the upload then stays, to be completed or aborted. */
  readonly mode?: 'overwrite' | 'create';
}

/**
 * Objects put in parts. Nothing of an upload is visible until it is completed, and then all of it at once.
 * Every method but `abortMultipart` fails with `NotFound` when there is no such upload, or no more.
 */
export interface MultipartStore {
  /** @param options.attributes of the object once it is complete */
  createMultipart(
    key: string,
    options?: CallOptions & { readonly attributes?: ObjectAttributes },
  ): Promise<MultipartUpload>;
  /** Puts a part or replaces it. Parts may be put in any order and at the same time. */
  putPart(
    upload: MultipartUpload,
    partNumber: number,
    body: Uint8Array | StreamBody,
    options?: PutPartOptions,
  ): Promise<UploadedPart>;
  /** A part from another object's bytes, without them passing through this process. The range must lie within it. */
  copyPart(
    upload: MultipartUpload,
    partNumber: number,
    from: { readonly key: string; readonly range?: Exclude<ByteRange, { readonly suffix: number }> },
    options?: CallOptions,
  ): Promise<UploadedPart>;
  /**
   * Joins all parts that were put, by number, into the object, atomically. Fails with `PreconditionFailed` when a part
   * has another ETag or is missing, with `Ambiguous` when an earlier try got no answer and the upload is gone now: it
   * was completed, or aborted by another; look at the object.
   */
  completeMultipart(
    upload: MultipartUpload,
    parts: readonly Pick<UploadedPart, 'partNumber' | 'etag'>[],
    options?: CompleteOptions,
  ): Promise<PutResult>;
  /** Frees what the upload holds. Idempotent: one that is gone is no error. */
  abortMultipart(upload: MultipartUpload, options?: CallOptions): Promise<void>;
  /** The parts put so far, by number. */
  listParts(upload: MultipartUpload, options?: CallOptions): AsyncIterable<UploadedPart>;
  /** Uploads neither completed nor aborted, by key. */
  listMultiparts(
    options?: CallOptions & { readonly prefix?: string },
  ): AsyncIterable<MultipartUpload & { readonly startedAt: Date }>;
}
