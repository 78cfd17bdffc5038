import { S3Client } from '@aws-sdk/client-s3';
import { PatientHandler, silent } from './handler.ts';
import type { ResolvedS3Options } from './options.ts';
import { type CallRetries, createCallRetries } from './retry.ts';

/** Without `info` the SDK does not even compose its line for every request, which costs more than the request's hash. */
const silentForRequests = { ...silent, info: undefined } as unknown as typeof silent;

/** The SDK's client with the settings that R2, MinIO, Ceph and a live source need. */
export function createClient(options: ResolvedS3Options): { client: S3Client; retries: CallRetries } {
  const { endpoint, bucket, accessKeyId, secretAccessKey, sessionToken, region, maxAttempts, random } = options;
  const retries = createCallRetries({ maxAttempts, random, target: { endpoint, bucket } });
  const client = new S3Client({
    endpoint,
    region,
    credentials: { accessKeyId, secretAccessKey, ...(sessionToken === undefined ? {} : { sessionToken }) },
    // http://endpoint/bucket/key: a bucket as a host name needs DNS and a certificate that only AWS has.
    forcePathStyle: true,
    // The default checksums are trailers that other services refuse.
    requestChecksumCalculation: 'WHEN_REQUIRED',
    responseChecksumValidation: 'WHEN_REQUIRED',
    // With "Expect: 100-continue" every body of 2 MiB or more opens a new connection.
    expectContinueHeader: false,
    maxAttempts,
    retryStrategy: retries.strategy,
    logger: silentForRequests,
    requestHandler: new PatientHandler(options),
  });
  return { client, retries };
}
