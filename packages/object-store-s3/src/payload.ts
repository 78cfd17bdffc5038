import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import type { PutObjectCommand, UploadPartCommand } from '@aws-sdk/client-s3';
import { type StreamBody, wrongSize } from '@bucket-radio/object-store';

/**
 * Signs a request with the SHA-256 of its body. Every service compares it with the bytes that arrive and refuses
 * others, with and without TLS; a body that is a stream would otherwise be sent unsigned.
 */
export function signWithHash(command: PutObjectCommand | UploadPartCommand, sha256: string): void {
  // The two stacks differ in the types of their inputs only, which nothing here looks at.
  (command as PutObjectCommand).middlewareStack.add(
    (next) => (args) => {
      const { headers } = args.request as { headers: Record<string, string> };
      headers['x-amz-content-sha256'] = sha256;
      return next(args);
    },
    { step: 'build', name: 'signWithHash' },
  );
}

export async function sha256Of(body: StreamBody): Promise<string> {
  const sha256 = createHash('sha256');
  for await (const chunk of body.chunks()) sha256.update(chunk);
  return sha256.digest('hex');
}

/** What a failed request is blamed on: an error of the body is the caller's own, and no other try can mend it. */
export interface BodyFailure {
  error?: unknown;
}

/**
 * A body for the SDK. The next chunk is asked for only when the socket has taken the last one to its end (a high-water
 * mark of nothing, and `pipe` waits for "drain"), so that all chunks may be in one buffer.
 */
export function readableOf(body: StreamBody, key: string, failure: BodyFailure): Readable {
  let chunks: AsyncIterator<Uint8Array> | undefined;
  let sent = 0;
  const readable = new Readable({
    highWaterMark: 0,
    read() {
      chunks ??= body.chunks()[Symbol.asyncIterator]();
      chunks
        .next()
        .then(({ done, value }) => {
          if (done !== true) {
            sent += value.length;
            this.push(value);
          } else if (sent === body.size) this.push(null);
          else throw wrongSize(key, body.size, String(sent));
        })
        .catch((error: unknown) => {
          failure.error = error;
          this.destroy(error as Error);
        });
    },
    destroy(error, done) {
      const returned = chunks?.return?.();
      if (returned === undefined) done(error);
      else
        returned.then(
          () => done(error),
          () => done(error),
        );
    },
  });
  // The error is told through `failure`. When the request has ended first nobody listens to the stream any more, and an
  // error event that nobody listens to ends the process.
  readable.on('error', () => undefined);
  return readable;
}
