import { randomBytes } from 'node:crypto';
import { isValidKey } from '@bucket-radio/object-store';
import { HybridBufferError } from '../../error.ts';

/**
 * Keys `{prefix}/{unix seconds}-{8 hex}.bin`.
 * @throws HybridBufferError `InvalidOption`
 */
export function keyMaker(prefix: string, now: () => number): () => string {
  const make = (): string =>
    `${prefix === '' ? '' : `${prefix}/`}${Math.floor(now() / 1000)}-${randomBytes(4).toString('hex')}.bin`;
  if (isValidKey(make())) return make;
  throw new HybridBufferError(
    'InvalidOption',
    `keyPrefix ${JSON.stringify(prefix.slice(0, 80))} does not begin a key; use "myapp/temp", without a slash at its ends`,
  );
}
