import type { ObjectAttributes, ObjectMeta } from '@bucket-radio/object-store';
import type { R2HTTPMetadata, R2Object } from '@cloudflare/workers-types';

type Mutable<Type> = { -readonly [Field in keyof Type]: Type[Field] };

const HEADER_FIELDS = ['contentType', 'cacheControl', 'contentDisposition', 'contentEncoding'] as const;

/** Attributes as the binding takes them. */
export function toR2Metadata(attributes: ObjectAttributes | undefined): {
  httpMetadata: R2HTTPMetadata;
  customMetadata: Record<string, string>;
} {
  const httpMetadata: R2HTTPMetadata = {};
  for (const field of HEADER_FIELDS) {
    const value = attributes?.[field];
    if (value !== undefined) httpMetadata[field] = value;
  }
  return { httpMetadata, customMetadata: { ...attributes?.metadata } };
}

export function attributesOf({ httpMetadata, customMetadata }: R2Object): ObjectAttributes {
  const attributes: Mutable<ObjectAttributes> = {};
  for (const field of HEADER_FIELDS) {
    const value = httpMetadata?.[field];
    if (value !== undefined) attributes[field] = value;
  }
  if (Object.keys(customMetadata ?? {}).length > 0) attributes.metadata = { ...customMetadata };
  return attributes;
}

export function metaOf({ key, size, httpEtag, uploaded }: R2Object): ObjectMeta {
  return { key, size, etag: httpEtag, lastModified: new Date(uploaded) };
}

/**
 * An ETag as the binding compares it, without quotes; `undefined` for one that no object of R2 can have, which the
 * binding might read as a list or as `*`.
 */
export function bareEtag(etag: string): string | undefined {
  return /^"([\w-]+)"$/.exec(etag)?.[1];
}
