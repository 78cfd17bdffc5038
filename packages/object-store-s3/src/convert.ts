import type { GetObjectCommandOutput, HeadObjectCommandOutput, PutObjectCommandInput } from '@aws-sdk/client-s3';
import {
  type ByteRange,
  copyAttributes,
  type ObjectAttributes,
  type ObjectMeta,
  ObjectStoreError,
} from '@bucket-radio/object-store';

/** A range as HTTP writes it; the end is inclusive there. Not for ranges that are empty by themselves. */
export function rangeHeader(range: ByteRange): string {
  if ('suffix' in range) return `bytes=-${range.suffix}`;
  return `bytes=${range.start}-${range.end === undefined ? '' : range.end - 1}`;
}

/** Whether a range selects nothing of any object: HTTP has no way to ask for it. */
export function isEmptyRange(range: ByteRange): boolean {
  return 'suffix' in range ? range.suffix === 0 : range.start === range.end;
}

export function putFields(attributes: ObjectAttributes | undefined): Partial<PutObjectCommandInput> {
  const { contentType, cacheControl, contentDisposition, contentEncoding, metadata } = attributes ?? {};
  return {
    ...(contentType === undefined ? {} : { ContentType: contentType }),
    ...(cacheControl === undefined ? {} : { CacheControl: cacheControl }),
    ...(contentDisposition === undefined ? {} : { ContentDisposition: contentDisposition }),
    ...(contentEncoding === undefined ? {} : { ContentEncoding: contentEncoding }),
    ...(metadata === undefined ? {} : { Metadata: { ...metadata } }),
  };
}

type ObjectOutput = GetObjectCommandOutput | HeadObjectCommandOutput;

export function attributesOf(output: ObjectOutput): ObjectAttributes {
  const { ContentType, CacheControl, ContentDisposition, ContentEncoding, Metadata } = output;
  return copyAttributes({
    ...(ContentType ? { contentType: ContentType } : {}),
    ...(CacheControl ? { cacheControl: CacheControl } : {}),
    ...(ContentDisposition ? { contentDisposition: ContentDisposition } : {}),
    ...(ContentEncoding ? { contentEncoding: ContentEncoding } : {}),
    ...(Metadata ? { metadata: Metadata } : {}),
  });
}

/** What the headers say about the whole object, and which of its bytes the answer holds. */
export function metaOf(key: string, output: ObjectOutput): { meta: ObjectMeta; range: { start: number; end: number } } {
  const { ETag, LastModified, ContentLength, ContentRange } = output;
  const part = /^bytes (\d+)-(\d+)\/(\d+)$/.exec(ContentRange ?? '');
  if (ETag === undefined || LastModified === undefined || ContentLength === undefined) throw incompleteAnswer(key);
  const start = part === null ? 0 : Number(part[1]);
  const size = part === null ? ContentLength : Number(part[3]);
  return {
    meta: { key, size, etag: ETag, lastModified: LastModified },
    range: { start, end: part === null ? size : Number(part[2]) + 1 },
  };
}

/** A web server at the wrong port also answers 200. */
export function incompleteAnswer(key: string | undefined): ObjectStoreError {
  return new ObjectStoreError(
    'Unavailable',
    "the answer has not the headers of S3's; check that the endpoint is the S3 one",
    key === undefined ? {} : { key },
  );
}

export function statusOf(error: unknown): number | undefined {
  return (error as { $metadata?: { httpStatusCode?: number } }).$metadata?.httpStatusCode;
}

/** A source of a copy, as its header wants it. */
export function copySource(bucket: string, key: string): string {
  return `${bucket}/${encodeKey(key)}`;
}

/** A key as a URL's path, with every character escaped that a signature's canonical path has escaped. */
export function encodeKey(key: string): string {
  return encodeURIComponent(key)
    .replaceAll('%2F', '/')
    .replace(/[!'()*]/g, (char) => `%${char.charCodeAt(0).toString(16).toUpperCase()}`);
}

/** The same as `putFields`, as headers. */
export function putHeaders(attributes: ObjectAttributes | undefined): Record<string, string> {
  const { contentType, cacheControl, contentDisposition, contentEncoding, metadata } = attributes ?? {};
  const headers: Record<string, string> = { 'content-type': contentType ?? 'application/octet-stream' };
  if (cacheControl !== undefined) headers['cache-control'] = cacheControl;
  if (contentDisposition !== undefined) headers['content-disposition'] = contentDisposition;
  if (contentEncoding !== undefined) headers['content-encoding'] = contentEncoding;
  for (const [name, value] of Object.entries(metadata ?? {})) headers[`x-amz-meta-${name.toLowerCase()}`] = value;
  return headers;
}

/** Ceph answers some calls with a bare ETag; HTTP's has quotes. */
export function quotedEtag(etag: string | undefined, key: string): string {
  if (etag === undefined) throw incompleteAnswer(key);
  return etag.startsWith('"') ? etag : `"${etag}"`;
}
