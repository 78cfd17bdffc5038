import { createHash } from 'node:crypto';
import { Readable } from 'node:stream';
import { type StreamBody, wrongSize } from '@bucket-radio/object-store';

/** What a service says of bytes that are not those of the hash they are signed with. */
const REFUSED_HASH: readonly string[] = ['BadDigest', 'XAmzContentSHA256Mismatch'];

/**
 * The service compares the SHA-256 that a request is signed with with the bytes that arrive, and refuses others. Bytes
 * damaged on their way are worth another try; a body that never had this hash is not. So when the service refuses, the
 * body is hashed here to tell the two apart.
 */
export async function explainRefusedHash(
  error: unknown,
  sha256: string,
  hashOfBody: () => string | Promise<string>,
): Promise<never> {
  const refused = error instanceof Error && REFUSED_HASH.includes(error.name);
  throw refused && (await hashOfBody()) !== sha256 ? new WrongChecksum(error) : error;
}

/** The checksum that the caller gave is not that of the body it gave: another try would be refused as well. */
class WrongChecksum extends Error {
  override readonly name = 'WrongChecksum';
  readonly $metadata = { httpStatusCode: 400 };

  constructor(cause: Error) {
    super('the body has another SHA-256 than the one given with it', { cause });
  }
}

export async function sha256Of(body: StreamBody): Promise<string> {
  const sha256 = createHash('sha256');
  for await (const chunk of body.chunks()) sha256.update(chunk);
  return sha256.digest('hex');
}

/**
 * A body for the SDK. The next chunk is asked for only when the socket has taken the last one to its end (a high-water
 * mark of nothing, and `pipe` waits for "drain"), so that all chunks may be in one buffer.
 *
 * @param onFailure told of the body's own error; the request must then be aborted, for it would wait for the rest
 */
export function readableOf(body: StreamBody, key: string, onFailure: (error: unknown) => void): Readable {
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
          onFailure(error);
          this.destroy();
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
  // When the request has ended first nobody listens to the stream any more, and an error event that nobody listens to
  // ends the process.
  readable.on('error', () => undefined);
  return readable;
}
