import { CreateBucketCommand } from '@aws-sdk/client-s3';
import { createClient } from './client.ts';
import { mapS3Error } from './errors.ts';
import { resolveOptions, type S3StoreOptions } from './options.ts';

/**
 * Makes the bucket of these options, for development and tests; one that is already there and ours is left as it is.
 * @throws ObjectStoreError `AlreadyExists` when the name is taken by somebody else
 */
export async function createBucket(options: S3StoreOptions): Promise<void> {
  const resolved = resolveOptions(options);
  // With any other region the SDK names it as the new bucket's location, and "auto" is no location.
  const region = resolved.region === 'auto' ? 'us-east-1' : resolved.region;
  const { client } = createClient({ ...resolved, region });
  try {
    await client.send(new CreateBucketCommand({ Bucket: resolved.bucket }));
  } catch (error) {
    if (!(error instanceof Error && error.name === 'BucketAlreadyOwnedByYou')) {
      throw mapS3Error(error, { action: 'create bucket' }, resolved);
    }
  } finally {
    client.destroy();
  }
}
