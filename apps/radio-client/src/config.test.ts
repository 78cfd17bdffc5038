import { expect, test } from 'vitest';
import { ConfigError, loadConfig } from './config.ts';

test('without variables the site is for a station on the same machine', () => {
  expect(loadConfig({ R2_PUBLIC_URL: '' })).toEqual({
    port: 3000,
    host: '127.0.0.1',
    station: 'bucket-radio',
    prefix: 'live',
    originPort: 9000,
    publicUrl: undefined,
    endpoint: undefined,
    bucket: undefined,
  });
});

test('every wrong value is one line: name, value, what is allowed', () => {
  const wrong = { PORT: 'abc', RADIO_ORIGIN_PORT: '70000', R2_PUBLIC_URL: 'ftp://host/' };
  expect(() => loadConfig(wrong)).toThrow(
    new ConfigError(
      [
        'PORT is "abc": use a port from 1 to 65535',
        'RADIO_ORIGIN_PORT is "70000": use a port from 1 to 65535',
        'R2_PUBLIC_URL is "ftp://host/": use the http(s) URL at which the bucket is public, without user name or query',
      ].join('\n'),
    ),
  );
});

test('a URL that carries a password or a token is refused without showing them', () => {
  expect(() => loadConfig({ R2_PUBLIC_URL: 'https://ann:s3cret@host/' })).toThrow(/"https:\/\/REDACTED@host\/"/);
  expect(() => loadConfig({ R2_PUBLIC_URL: 'https://host/?token=s3cret' })).toThrow(/"https:\/\/host\/\?REDACTED"/);
});
