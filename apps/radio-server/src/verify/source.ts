import { MANIFEST_KEY } from '@bucket-radio/manifest';
import { openDirectory } from './directory-source.ts';
import { openHttp } from './http-source.ts';
import { VerifyError } from './report.ts';

export interface BucketObject {
  readonly data: Uint8Array;
  /** Over HTTP only. */
  readonly headers?: Headers;
}

/** A station's prefix, to read from. */
export interface BucketSource {
  /** Where it is: a URL or a directory, without slash at the end. */
  readonly location: string;
  /**
   * Reads a whole object by its key below the prefix.
   * @returns nothing when there is no such object
   * @throws VerifyError when it cannot be told
   */
  read(key: string): Promise<BucketObject | undefined>;
  /** Every key below the prefix, where that can be told. */
  list?(): Promise<string[]>;
}

/** The station's prefix inside a bucket, when only the bucket is named. */
const DEFAULT_PREFIX = 'live';

/**
 * Finds the station: at the address itself (a manifest, a prefix), or in `live/` below it (a bucket).
 * @param where an http(s) URL or a directory
 * @throws VerifyError when there is no manifest in either place
 */
export async function openBucket(where: string): Promise<BucketSource> {
  const open = (at: string): BucketSource => (isUrl(where) ? openHttp(at) : openDirectory(at));
  const base = where.replace(/\/+$/, '').replace(/\/manifest\.json$/, '');
  for (const candidate of [base, `${base}/${DEFAULT_PREFIX}`]) {
    const source = open(candidate);
    if ((await source.read(MANIFEST_KEY)) !== undefined) return source;
  }
  throw new VerifyError(
    `no ${MANIFEST_KEY} at ${base} or in ${DEFAULT_PREFIX}/ below it; name a bucket's URL or its directory, such as ./data/bucket`,
  );
}

function isUrl(where: string): boolean {
  if (/^https?:\/\//i.test(where)) {
    if (URL.canParse(where)) return true;
    throw new VerifyError(`${where} is not a URL`);
  }
  if (/^[a-z][a-z0-9+.-]+:\/\//i.test(where)) {
    throw new VerifyError(`${where} cannot be read: use an http or https URL, or a directory`);
  }
  return false;
}
