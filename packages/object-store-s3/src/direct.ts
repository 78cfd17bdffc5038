import { hash } from 'node:crypto';
import type { Readable } from 'node:stream';
import type { S3Client, S3ServiceException } from '@aws-sdk/client-s3';
import type { NodeHttpHandler } from '@smithy/node-http-handler';
import { answerError } from './answer-error.ts';
import { encodeKey } from './convert.ts';
import { explainRefusedHash } from './payload.ts';
import type { ServerClock } from './server-clock.ts';

type HandledRequest = Parameters<NodeHttpHandler['handle']>[0];
type Headers = Readonly<Record<string, string>>;

/** An object or a part of one, on its way to the service. */
export interface DirectPut {
  readonly key: string;
  /** `partNumber` and `uploadId`, of a part. */
  readonly query?: Headers;
  /** In lower case; without length and hash. */
  readonly headers?: Headers;
  readonly body: Uint8Array | Readable;
  readonly size: number;
  /** Of the body, in hexadecimal: the service refuses other bytes. */
  readonly sha256: string;
  /** When the service refuses the hash: tells damage on the way from a hash that was never the body's. */
  readonly hashOfBody: () => string | Promise<string>;
}

export interface SendOptions {
  readonly abortSignal: AbortSignal;
  readonly requestTimeout?: number;
}

/** Makes one try. @returns the answer's headers. Rejects as the SDK's client does. */
export type SendPut = (put: DirectPut, options: SendOptions) => Promise<Headers>;

/** More of an error's text is not read. */
const MOST_ERROR_BYTES = 65_536;

/**
 * PutObject and UploadPart without the SDK's middleware: the two requests that are sent by the thousand. Their parameters
 * are a handful of headers, and their answers are headers only, so of the SDK's layers only three have work to do, and
 * these are asked directly: the signer, the HTTP handler, the clock. That is half the processor time and a third of the
 * garbage of a small put (docs/decisions/0016-puts-past-the-middleware.md).
 */
export function createDirectPuts(
  client: S3Client,
  target: { readonly endpoint: string; readonly bucket: string },
  clock: ServerClock,
): SendPut {
  const { protocol, hostname, port } = new URL(target.endpoint);
  const to = { protocol, hostname, ...(port === '' ? {} : { port: Number(port) }) };
  const { config } = client;
  let signer: ReturnType<typeof config.signer> | undefined;

  const send = async (put: DirectPut, options: SendOptions): Promise<Headers> => {
    // Made once: the SDK makes one per request.
    signer ??= config.signer();
    const offsetBefore = config.systemClockOffset;
    const request = {
      ...to,
      method: 'PUT',
      path: `/${target.bucket}/${encodeKey(put.key)}`,
      query: { ...put.query },
      headers: {
        host: port === '' ? hostname : `${hostname}:${port}`,
        'user-agent': 'bucket-radio-object-store-s3',
        'content-length': String(put.size),
        'x-amz-content-sha256': put.sha256,
        ...put.headers,
      },
      body: put.body,
    };
    const signed = await (await signer).sign(request, { signingDate: new Date(Date.now() + offsetBefore) });
    const sentMs = performance.now();
    const { response } = await config.requestHandler.handle(signed as HandledRequest, options);
    const { statusCode, headers } = response;
    const dateMs = Date.parse(headers['date'] ?? '');
    clock.observe({ dateMs, sentMs, receivedMs: performance.now() });
    // As the SDK does it: requests are signed with the service's time, from the first answer on.
    if (!Number.isNaN(dateMs) && headers['age'] === undefined) config.systemClockOffset = dateMs - Date.now();
    const text = await readText(response.body as Readable);
    if (statusCode >= 200 && statusCode < 300) return headers;
    throw answerError({ statusCode, headers, text }, { offsetBefore, offsetNow: config.systemClockOffset });
  };
  return (put, options) =>
    send(put, options).catch((error: S3ServiceException) => explainRefusedHash(error, put.sha256, put.hashOfBody));
}

/** Reads an answer to its end: only then does its connection take the next request. */
function readText(body: Readable): Promise<string> {
  return new Promise((resolve, reject) => {
    const chunks: Buffer[] = [];
    let bytes = 0;
    body.on('data', (chunk: Buffer) => {
      bytes += chunk.length;
      if (bytes <= MOST_ERROR_BYTES) chunks.push(chunk);
      else body.destroy();
    });
    body.on('end', () => resolve(chunks.length === 0 ? '' : Buffer.concat(chunks).toString()));
    body.on('error', reject);
    // After "end" this comes too late to matter; without it the answer broke off, or was longer than errors are.
    body.on('close', () => resolve(Buffer.concat(chunks).toString()));
  });
}

/** A body in memory with its hash, unless the caller has it. */
export function directBody(
  bytes: Uint8Array,
  sha256: string | undefined,
): Pick<DirectPut, 'body' | 'size' | 'sha256' | 'hashOfBody'> {
  const hashOfBody = (): string => hash('sha256', bytes);
  return { body: bytes, size: bytes.length, sha256: sha256 ?? hashOfBody(), hashOfBody };
}
