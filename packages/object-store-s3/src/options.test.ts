import { describe, expect, it } from 'vitest';
import { resolveOptions, type S3StoreOptions } from './options.ts';

const valid: S3StoreOptions = {
  endpoint: 'https://account.r2.cloudflarestorage.com/',
  bucket: 'radio',
  accessKeyId: 'an-access-key',
  secretAccessKey: 'a-secret-key',
};

describe('resolveOptions', () => {
  it('fills in the defaults', () => {
    expect(resolveOptions(valid)).toMatchObject({
      endpoint: 'https://account.r2.cloudflarestorage.com',
      region: 'auto',
      maxAttempts: 4,
    });
  });

  it.each([
    [{ endpoint: '' }, 'endpoint is missing; use the service URL without the bucket'],
    [{ endpoint: 'account.r2.cloudflarestorage.com' }, 'is not a http or https URL'],
    [{ endpoint: 'ftp://host' }, 'endpoint "ftp://host" is not a http or https URL'],
    [{ endpoint: 'https://<ACCOUNT_ID>.r2.cloudflarestorage.com' }, 'is not a http or https URL'],
    [{ endpoint: 'https://host/radio' }, 'has a path; remove /radio: the bucket is an option of its own'],
    [{ endpoint: 'https://host/else' }, 'has a path; remove /else'],
    [{ endpoint: 'https://host/?a=b' }, 'has a query or fragment; remove it'],
    [{ endpoint: 'https://me:hunter2@host' }, 'endpoint has a user name or password in it; remove it'],
    [{ endpoint: 'me:hunter2@host' }, 'endpoint is not a http or https URL'],
    [{ bucket: '' }, 'bucket is missing; use 3 to 63'],
    [{ bucket: 'ab' }, 'bucket "ab" is not a bucket\'s name; use 3 to 63'],
    [{ bucket: 'a/b/c' }, 'bucket "a/b/c" is not a bucket\'s name'],
    [{ accessKeyId: '' }, 'accessKeyId is missing; set it'],
    [{ secretAccessKey: '' }, 'secretAccessKey is missing; set it'],
    [{ secretAccessKey: 'hunter2\n' }, 'secretAccessKey has a space, a line break or'],
    [{ region: 'Frankfurt am Main' }, 'is not a region\'s name; use "auto"'],
    [{ maxAttempts: 0 }, 'maxAttempts is 0; use a whole number from 1 to 100'],
    [{ idleTimeoutMs: Number.NaN }, 'idleTimeoutMs is NaN; use a whole number'],
  ])('refuses %j with the reason and the remedy, never a credential', (changes, message) => {
    const resolve = (): unknown => resolveOptions({ ...valid, ...changes });
    expect(resolve).toThrow(
      expect.objectContaining({ code: 'NotSupported', message: expect.stringContaining(message) }),
    );
    expect(resolve).not.toThrow(/hunter2|a-secret-key|an-access-key/);
  });
});
