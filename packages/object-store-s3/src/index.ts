export { createBucket } from './create-bucket.ts';
export type { S3Event, S3Stats } from './events.ts';
export type { S3StoreOptions } from './options.ts';
export type { S3Provider } from './provider.ts';
export { createS3Store, type S3Store } from './store.ts';
