import { expect, test } from 'vitest';
import { addressForListener, addressForServer } from './address.ts';
import { loadConfig } from './config.ts';

const embedded = loadConfig({});

test('the embedded bucket is on the host that the listener asked for', () => {
  expect(addressForListener(embedded, 'radio.lan')).toEqual({
    manifest: 'http://radio.lan:9000/radio/live/manifest.json',
    hls: 'http://radio.lan:9000/radio/live/index.m3u8',
    origin: 'http://radio.lan:9000',
  });
  expect(addressForListener(embedded, '[::1]')?.origin).toBe('http://[::1]:9000');
});

test.each(['a;script-src*', "x'", 'a"b', '', '-'])('%j is not a host name', (host) => {
  expect(addressForListener(embedded, host)).toBeUndefined();
});

test('a public URL wins, with any path and prefix', () => {
  const config = loadConfig({
    R2_PUBLIC_URL: 'https://cdn.example/music/',
    RADIO_PREFIX: 'a/b',
    R2_ENDPOINT: 'http://s3',
  });
  expect(addressForListener(config, 'radio.lan')).toMatchObject({
    manifest: 'https://cdn.example/music/a/b/manifest.json',
    origin: 'https://cdn.example',
  });
});

test('a bucket without a public URL is read where it is written', () => {
  const config = loadConfig({ R2_ENDPOINT: 'http://127.0.0.1:7480/', R2_BUCKET: 'station' });
  expect(addressForListener(config, 'localhost')?.manifest).toBe('http://127.0.0.1:7480/station/live/manifest.json');
});

test.each([
  ['127.0.0.1', 'http://127.0.0.1:9000'],
  ['0.0.0.0', 'http://127.0.0.1:9000'],
  ['192.168.1.5', 'http://192.168.1.5:9000'],
  ['::1', 'http://[::1]:9000'],
])('bound to %s the server reads %s, whatever a request says', (host, origin) => {
  expect(addressForServer({ ...embedded, host }).origin).toBe(origin);
});
