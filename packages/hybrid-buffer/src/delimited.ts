import type { Content } from './content/content.ts';
import { HybridBufferError } from './error.ts';

export const LINE_FEED = 10;

/**
 * Where the record that begins at `position` ends: behind the next `delimiter`, or at the end of the content.
 * @throws HybridBufferError `TooLong` when more than `maxBytes` come before the delimiter
 */
export async function findEnd(
  content: Content,
  position: number,
  delimiter: number,
  maxBytes: number,
): Promise<number> {
  let at = position;
  while (at < content.size) {
    const view = await content.view(at);
    const found = view.indexOf(delimiter);
    const before = at - position + (found === -1 ? view.length : found);
    if (before > maxBytes) {
      throw new HybridBufferError(
        'TooLong',
        `more than ${maxBytes} bytes from ${position} on without the byte ${delimiter}; raise maxBytes or read it in pieces`,
      );
    }
    if (found !== -1) return at + found + 1;
    at += view.length;
  }
  return at;
}

/** A record's bytes as a line. */
export function lineOf(record: Uint8Array): string {
  let end = record.length;
  if (record[end - 1] === LINE_FEED) {
    end--;
    if (record[end - 1] === 13) end--;
  }
  return Buffer.from(record.buffer, record.byteOffset, end).toString('utf8');
}
