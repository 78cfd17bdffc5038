import { createRandom } from './operations.ts';

const POOL_BYTES = 524_288;

/** Bytes to write: noise, then lines of text with both line ends, then zeros. A piece of it is written from anywhere. */
export const POOL: Uint8Array = makePool();

function makePool(): Uint8Array {
  const random = createRandom(1);
  const pool = new Uint8Array(POOL_BYTES);
  const noiseEnd = POOL_BYTES / 4;
  for (let at = 0; at < noiseEnd; at++) pool[at] = random() * 256;
  let text = '';
  while (text.length < POOL_BYTES / 2) {
    text += `line ${text.length} of "été" ${'~'.repeat(random() * 100)}${random() < 0.5 ? '\r\n' : '\n'}`;
  }
  const lines = Buffer.from(text).subarray(0, POOL_BYTES / 2);
  pool.set(lines, noiseEnd);
  return pool;
}

/** @param from 0 to 65,535, the start in units of a sixty-five-thousandth of the pool */
export function poolBytes(from: number, size: number): Uint8Array {
  const start = Math.floor((from / 65_536) * (POOL_BYTES - size));
  return POOL.subarray(start, start + size);
}
