import type { R2Object, R2ObjectBody, R2Objects, ReadableStream } from '@cloudflare/workers-types';

/** The binding's object, and its upload time also under the name that this package documents. */
export interface R2ServiceObject extends R2Object {
  /** The same as `uploaded`. */
  readonly uploadedDate: Date;
}

export interface R2ServiceObjectBody extends R2ObjectBody {
  /** The same as `uploaded`. */
  readonly uploadedDate: Date;
  /** The binding's stream, which `text()` also reads to its end. */
  readonly body: ReadableStream & { text(): Promise<string> };
}

/** A page of a listing. `cursor` is there when `isTruncated`; pass it on to get the next page. */
export type R2ServiceObjects = Omit<R2Objects, 'objects'> & {
  readonly objects: R2ServiceObject[];
  readonly delimitedPrefixes: string[];
  /** The same as `truncated`. */
  readonly isTruncated: boolean;
  readonly cursor?: string;
};

/** Adds `uploadedDate` to the binding's own object: its methods and getters stay what they are. */
export function nameObject<Found extends R2Object>(object: Found): Found & { readonly uploadedDate: Date } {
  return addAlias(object, 'uploadedDate', 'uploaded');
}

export function nameObjectBody(object: R2ObjectBody): R2ServiceObjectBody {
  const { body } = nameObject(object);
  // A scripted object of a test may have no body.
  if (body !== undefined) Object.defineProperty(body, 'text', { value: () => object.text(), configurable: true });
  return object as R2ServiceObjectBody;
}

export function nameObjects(page: R2Objects): R2ServiceObjects {
  for (const object of page.objects) nameObject(object);
  return addAlias(page, 'isTruncated', 'truncated') as R2ServiceObjects;
}

function addAlias<Target extends object, Alias extends string, Name extends keyof Target>(
  target: Target,
  alias: Alias,
  name: Name,
): Target & { readonly [Key in Alias]: Target[Name] } {
  Object.defineProperty(target, alias, { get: () => target[name], enumerable: true, configurable: true });
  return target as Target & { readonly [Key in Alias]: Target[Name] };
}
