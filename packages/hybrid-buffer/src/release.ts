/**
 * Frees memory that nobody needs any more at once, where V8 would let tens of megabytes of it gather before it looks. Only
 * of bytes that are all of their array's, and that belong to the caller: afterwards they have no length.
 */
export function release(bytes: Uint8Array): void {
  const { buffer } = bytes;
  if (!(buffer instanceof ArrayBuffer) || bytes.byteLength !== buffer.byteLength) return;
  buffer.transfer(0);
}
