import { describe, expect, it } from 'vitest';
import { compareKeys, validateKey, validatePrefix } from './key.ts';

describe('validateKey', () => {
  it.each([
    ['', 'key "" is empty; use 1 to 1024 bytes'],
    ['a/../b', 'key "a/../b" has a ".." segment; write the key without it'],
    ['/a', 'key "/a" starts with "/"; remove it'],
    ['a\0', 'key "a\\u0000" has a NUL character; remove it'],
  ])('says what is wrong with %j and what to do', (key, message) => {
    expect(() => validateKey(key)).toThrow(message);
  });

  it('counts UTF-8 bytes, not characters', () => {
    expect(() => validateKey('é'.repeat(512))).not.toThrow();
    expect(() => validateKey('é'.repeat(513))).toThrow('is 1026 bytes of UTF-8; use at most 1024');
  });

  it('shortens a long key in its message', () => {
    expect(() => validateKey('x'.repeat(5000))).toThrow(/^key "x{117}\.\.\." is 5000 bytes/);
  });

  it('refuses what is not text', () => {
    expect(() => validateKey(undefined as unknown as string)).toThrow('key "undefined" is not a string');
  });
});

describe('validatePrefix', () => {
  it('accepts any beginning of a key, and none', () => {
    for (const prefix of ['', 'a', 'a/', 'a/..', '..']) expect(() => validatePrefix(prefix)).not.toThrow();
  });
});

describe('compareKeys', () => {
  it('orders keys as their UTF-8 bytes do', () => {
    const keys = [
      'a',
      'a/',
      'a-',
      'aa',
      'é',
      '\ud7ff',
      '\ue000',
      '\uffff',
      '\u{10000}',
      '\u{10ffff}',
      'a\u{10000}b',
      '',
    ];
    const byBytes = [...keys].sort((a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b)));
    expect([...keys].reverse().sort(compareKeys)).toEqual(byBytes);
  });
});
