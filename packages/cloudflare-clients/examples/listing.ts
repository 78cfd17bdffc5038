import type { R2Service, R2ServiceObject } from '@bucket-radio/cloudflare-clients';

/** Every object below a prefix, page by page, however many there are. */
export async function* objectsBelow(r2: R2Service, prefix: string): AsyncGenerator<R2ServiceObject> {
  let cursor: string | undefined;
  do {
    const page = await r2.list({ prefix, limit: 1000, ...(cursor === undefined ? {} : { cursor }) });
    yield* page.objects;
    cursor = page.isTruncated ? page.cursor : undefined;
  } while (cursor !== undefined);
}

export interface Directory {
  readonly directories: readonly string[];
  readonly files: readonly { readonly key: string; readonly size: number; readonly uploaded: Date }[];
}

/** One level of a tree, as a file browser shows it. */
export async function directory(r2: R2Service, prefix: string): Promise<Directory> {
  const page = await r2.list({ prefix, delimiter: '/' });
  return {
    directories: page.delimitedPrefixes,
    files: page.objects.map(({ key, size, uploadedDate }) => ({ key, size, uploaded: uploadedDate })),
  };
}
