import { ObjectStoreError } from './error.ts';
import { quoteKey } from './key.ts';
import type { ObjectAttributes } from './types.ts';

/** Most bytes of custom metadata, names and values together: the limit of S3. */
export const MAX_METADATA_BYTES = 2048;

const HEADER_FIELDS = ['contentType', 'cacheControl', 'contentDisposition', 'contentEncoding'] as const;
const METADATA_NAME = /^[a-z0-9][a-z0-9_-]*$/;
/** Printable ASCII that HTTP gives back unchanged: spaces at either end would be trimmed on the way. */
const HEADER_VALUE = /^[\x21-\x7e](?:[\x20-\x7e]*[\x21-\x7e])?$/;

/**
 * Checks that attributes can travel as HTTP headers and come back unchanged from every store.
 * @throws ObjectStoreError `NotSupported`, naming the attribute and what is allowed.
 */
export function validateAttributes(attributes: ObjectAttributes | undefined, key: string): void {
  if (attributes === undefined) return;
  const refuse = (problem: string): never => {
    throw new ObjectStoreError('NotSupported', `attributes of ${quoteKey(key)}: ${problem}`, { key });
  };
  for (const field of HEADER_FIELDS) {
    const value = attributes[field];
    if (value !== undefined && !HEADER_VALUE.test(value)) {
      refuse(`${field} must be printable ASCII, not empty, without spaces at its ends`);
    }
  }
  let bytes = 0;
  for (const [name, value] of Object.entries(attributes.metadata ?? {})) {
    if (!METADATA_NAME.test(name)) refuse(`metadata name ${quoteKey(name)}: use a-z, 0-9, "-" and "_"`);
    if (!HEADER_VALUE.test(value)) {
      refuse(`metadata "${name}" must be printable ASCII, not empty, without spaces at its ends`);
    }
    bytes += name.length + value.length;
  }
  if (bytes > MAX_METADATA_BYTES) refuse(`metadata is ${bytes} bytes; use at most ${MAX_METADATA_BYTES}`);
}

/** A copy that later changes to the caller's object do not reach; absent fields stay absent. */
export function copyAttributes(attributes: ObjectAttributes | undefined): ObjectAttributes {
  const copy: { -readonly [Field in keyof ObjectAttributes]: ObjectAttributes[Field] } = {};
  for (const field of HEADER_FIELDS) {
    const value = attributes?.[field];
    if (value !== undefined) copy[field] = value;
  }
  const metadata = Object.entries(attributes?.metadata ?? {});
  if (metadata.length > 0) copy.metadata = Object.fromEntries(metadata);
  return copy;
}
