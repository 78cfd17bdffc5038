import { isObjectStoreError } from '@bucket-radio/object-store';
import { expect, it } from 'vitest';
import { readableOf } from './payload.ts';

it('a body that ends too soon is told of, even when nobody listens to the stream any more', async () => {
  const failures: unknown[] = [];
  const body = readableOf(
    {
      size: 10,
      chunks: async function* () {
        yield Uint8Array.of(1, 2, 3);
      },
    },
    'x',
    (error) => failures.push(error),
  );
  body.resume();
  await new Promise((resolve) => body.once('close', resolve));
  expect(failures).toHaveLength(1);
  expect(isObjectStoreError(failures[0], 'NotSupported')).toBe(true);
});
