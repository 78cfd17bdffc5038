import { ReadStream } from 'node:fs';
import { Socket } from 'node:net';

/**
 * What to do with a chunk of a stream that has been copied. V8 lets up to 64 MiB of arrays gather that nobody needs any
 * more; given back at once they take nothing. But an array that is given back is empty for everybody, so only where
 * nobody else can have it: Node's own streams of files and sockets make each chunk for its reader alone, and we are the
 * only reader. What was in the stream before us is left alone, for somebody may have looked at it and put it back.
 */
export function releaserFor(stream: AsyncIterable<Uint8Array>): (chunk: Uint8Array) => void {
  const prototype: unknown = Object.getPrototypeOf(stream);
  if (prototype !== ReadStream.prototype && prototype !== Socket.prototype) return () => {};
  const own = stream as ReadStream | Socket;
  let before = own.readableLength;
  return (chunk) => {
    const { buffer } = chunk;
    const isWhole = chunk.byteLength === buffer.byteLength;
    const isOurs = before <= 0 && own.listenerCount('data') === 0 && own.listenerCount('readable') <= 1;
    before -= chunk.byteLength;
    if (isOurs && isWhole && buffer instanceof ArrayBuffer) buffer.transfer(0);
  };
}
