/** How the service encrypts what it stores. */
export type ServerSideEncryption =
  | 'AES256'
  | { readonly algorithm: 'aws:kms' | 'aws:kms:dsse'; readonly keyId?: string };

interface CallSettings {
  readonly abortSignal?: AbortSignal;
}

interface Where {
  readonly Bucket: string;
  readonly Key: string;
}

interface UploadWhere extends Where {
  readonly UploadId: string;
}

/** What an object is put with. */
export interface ObjectFields {
  readonly ContentType?: string;
  readonly Metadata?: Record<string, string>;
  readonly ServerSideEncryption?: 'AES256' | 'aws:kms' | 'aws:kms:dsse';
  readonly SSEKMSKeyId?: string;
}

interface Written {
  readonly ETag?: string | undefined;
}

export interface Described extends Written {
  readonly ContentLength?: number | undefined;
  readonly ContentRange?: string | undefined;
  readonly ContentType?: string | undefined;
  readonly LastModified?: Date | undefined;
  readonly Metadata?: Record<string, string> | undefined;
}

/** The part of `S3` of `@aws-sdk/client-s3` that a buffer uses; an `S3` is one as it is. */
export interface S3Client {
  putObject(
    input: Where & ObjectFields & { readonly Body: Uint8Array; readonly IfNoneMatch?: string },
    settings?: CallSettings,
  ): Promise<Written>;
  getObject(
    input: Where & { readonly Range?: string; readonly IfMatch?: string },
    settings?: CallSettings,
  ): Promise<Described & { readonly Body?: unknown }>;
  headObject(input: Where, settings?: CallSettings): Promise<Described>;
  deleteObject(input: Where, settings?: CallSettings): Promise<unknown>;
  createMultipartUpload(
    input: Where & ObjectFields,
    settings?: CallSettings,
  ): Promise<{ readonly UploadId?: string | undefined }>;
  uploadPart(
    input: UploadWhere & { readonly PartNumber: number; readonly Body: Uint8Array },
    settings?: CallSettings,
  ): Promise<Written>;
  completeMultipartUpload(
    input: UploadWhere & {
      readonly MultipartUpload: { readonly Parts: { readonly PartNumber: number; readonly ETag: string }[] };
      readonly IfNoneMatch?: string;
    },
    settings?: CallSettings,
  ): Promise<Written>;
  abortMultipartUpload(input: UploadWhere, settings?: CallSettings): Promise<unknown>;
  listParts(
    input: UploadWhere,
    settings?: CallSettings,
  ): Promise<{
    readonly Parts?:
      | readonly {
          readonly PartNumber?: number | undefined;
          readonly ETag?: string | undefined;
          readonly Size?: number | undefined;
        }[]
      | undefined;
  }>;
}
