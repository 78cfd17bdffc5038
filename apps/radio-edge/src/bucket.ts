/** An object as the gate needs it. `R2ObjectBody` is one. */
export interface EdgeObject {
  readonly size: number;
  /** With quotes, as in an `ETag` header. */
  readonly httpEtag: string;
  readonly httpMetadata?: { readonly contentType?: string | undefined } | undefined;
  arrayBuffer(): Promise<ArrayBuffer>;
}

/** The private bucket. `R2Service` of `@bucket-radio/cloudflare-clients` is one: it retries what is worth retrying. */
export interface EdgeBucket {
  /** `null` when there is no such object. */
  get(key: string): Promise<EdgeObject | null>;
}

/** The part of the Cache API that the gate uses; `caches.default` in a Worker. */
export interface EdgeCache {
  match(request: Request): Promise<Response | undefined>;
  put(request: Request, response: Response): Promise<void>;
}
