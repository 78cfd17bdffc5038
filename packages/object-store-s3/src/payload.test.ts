import { isObjectStoreError } from '@bucket-radio/object-store';
import { expect, it } from 'vitest';
import { type BodyFailure, readableOf } from './payload.ts';

it('a body that ends too soon is told through the failure, even when nobody listens to the stream any more', async () => {
  const failure: BodyFailure = {};
  const body = readableOf(
    {
      size: 10,
      chunks: async function* () {
        yield Uint8Array.of(1, 2, 3);
      },
    },
    'x',
    failure,
  );
  body.resume();
  await new Promise((resolve) => body.once('close', resolve));
  expect(isObjectStoreError(failure.error, 'NotSupported')).toBe(true);
});
