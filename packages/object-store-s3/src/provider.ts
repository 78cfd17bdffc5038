/** What differs between services that speak S3, as data. */
export interface ProviderTraits {
  /** How a copy with mode `create` is decided: by a condition that the service keeps, or by looking first. */
  readonly createOnCopy: 'atomic' | 'checked';
  /** The same for the completion of a multipart upload. */
  readonly createOnComplete: 'atomic' | 'checked';
  /** Whether all parts but the last must have one size. */
  readonly equalParts: boolean;
}

export type S3Provider = 'aws' | 'r2' | 'minio' | 'ceph' | 'other';

const TRAITS: Readonly<Record<S3Provider, ProviderTraits>> = {
  aws: { createOnCopy: 'atomic', createOnComplete: 'atomic', equalParts: false },
  r2: { createOnCopy: 'checked', createOnComplete: 'checked', equalParts: true },
  minio: { createOnCopy: 'checked', createOnComplete: 'atomic', equalParts: false },
  // 16.2 takes the conditions and does not keep them.
  ceph: { createOnCopy: 'checked', createOnComplete: 'checked', equalParts: false },
  /** The least that all of them keep. */
  other: { createOnCopy: 'checked', createOnComplete: 'checked', equalParts: true },
};

export function isProvider(name: unknown): name is S3Provider {
  return typeof name === 'string' && Object.hasOwn(TRAITS, name);
}

export function traitsOf(provider: S3Provider): ProviderTraits {
  return TRAITS[provider];
}

/** By the host name; a service of one's own has any. */
export function guessProvider(endpoint: string): S3Provider {
  const { hostname } = new URL(endpoint);
  if (hostname.endsWith('.r2.cloudflarestorage.com')) return 'r2';
  return hostname.endsWith('.amazonaws.com') ? 'aws' : 'other';
}
