import { expect, test } from 'vitest';
import { createRedactor, redactText, redactUrl } from './redact.ts';

test('user information and query values of a URL are masked', () => {
  expect(redactUrl('https://ann:s3cret@radio.example/live?token=abcd&x=1#frag')).toBe(
    'https://REDACTED@radio.example/live?token=REDACTED&x=REDACTED',
  );
});

test('a password that contains an at sign is masked whole', () => {
  expect(redactUrl('http://ann:p@ss@host/a')).toBe('http://REDACTED@host/a');
});

test('a URL without secrets stays as it is', () => {
  expect(redactUrl('http://host:8000/stream.ogg')).toBe('http://host:8000/stream.ogg');
});

test('a sentence around a URL stays readable', () => {
  expect(redactText('http://a:bcde@host/x?k=v: Connection refused')).toBe(
    'http://REDACTED@host/x?k=REDACTED: Connection refused',
  );
});

test('secrets that a tool prints without their URL are masked, encoded or not', () => {
  const redact = createRedactor('https://ann:p%40ssword@host/x?token=abcdef');
  expect(redact('login as p@ssword failed, p%40ssword, GET /x?token=abcdef')).toBe(
    'login as REDACTED failed, REDACTED, GET /x?token=REDACTED',
  );
});
