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
    siteUrl: undefined,
    description: undefined,
    accent: undefined,
    accentDark: undefined,
    artwork: undefined,
    links: [],
    tokenUrl: undefined,
    statsToken: undefined,
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

test('links are labels and addresses', () => {
  const { links } = loadConfig({
    RADIO_LINKS: 'Our shop https://shop.example/?a=1; Write to us mailto:us@radio.example;',
  });
  expect(links).toEqual([
    { label: 'Our shop', url: 'https://shop.example/?a=1' },
    { label: 'Write to us', url: 'mailto:us@radio.example' },
  ]);
});

test.each(['Shop', 'Shop javascript:alert(1)', 'https://shop.example/'])('%j is no link', (RADIO_LINKS) => {
  expect(() => loadConfig({ RADIO_LINKS })).toThrow(/^RADIO_LINKS is /);
});

test('a colour that is none and a secret that is too short are refused, the secret unseen', () => {
  expect(() => loadConfig({ RADIO_ACCENT: 'red' })).toThrow(/^RADIO_ACCENT is "red": use a colour such as #20606b$/);
  expect(() => loadConfig({ RADIO_STATS_TOKEN: 'tiny' })).toThrow(/^RADIO_STATS_TOKEN is REDACTED: /);
});
