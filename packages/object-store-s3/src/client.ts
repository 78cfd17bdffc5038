import { Agent as HttpAgent } from 'node:http';
import { Agent as HttpsAgent } from 'node:https';
import { S3Client, type S3ClientConfig } from '@aws-sdk/client-s3';
import { NodeHttpHandler } from '@smithy/node-http-handler';
import type { ResolvedS3Options } from './options.ts';
import { type CallRetries, createCallRetries } from './retry.ts';

type Logger = Exclude<S3ClientConfig['logger'], undefined>;

/** The SDK logs with `console` unless it is given something else; what matters of it is in the errors. */
const silent: Logger = { trace() {}, debug() {}, info() {}, warn() {}, error() {} };

/** Without `info` the SDK does not even compose its line for every request, which costs more than the request's hash. */
const silentForRequests = { ...silent, info: undefined } as unknown as Logger;

/** The SDK's client with the settings that R2, MinIO, Ceph and a live source need. */
export function createClient(options: ResolvedS3Options): { client: S3Client; retries: CallRetries } {
  const { endpoint, bucket, accessKeyId, secretAccessKey, sessionToken, region, maxAttempts, random } = options;
  const agent = { keepAlive: true, maxSockets: options.maxConnections };
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
    requestHandler: new NodeHttpHandler({
      httpAgent: new HttpAgent(agent),
      httpsAgent: new HttpsAgent(agent),
      connectionTimeout: options.connectionTimeoutMs,
      socketTimeout: options.idleTimeoutMs,
      requestTimeout: options.requestTimeoutMs,
      // Otherwise a request timeout only writes a warning.
      throwOnRequestTimeout: true,
      logger: silent,
    }),
  });
  return { client, retries };
}
