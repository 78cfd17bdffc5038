import { compareKeys } from '../key.ts';
import { type ConformanceContext, listKeys, outcome, readText, textBytes } from './api.ts';

const ODD_BUT_VALID = [
  'with space',
  ' leading and trailing ',
  'plus+equals=and&amp;question?hash#',
  'percent%2Fescaped%',
  'quotes\'"`<xml>',
  'brackets[1]{2}(3)!*$,;:@|~^',
  'back\\slash',
  'tab\tand\u007fdelete\u0001',
  'line\nbreak\r',
  'Grüße/日本語/🎵',
  'e\u0301 is not \u00e9',
  '.hidden',
  '..a/b../...',
  'a.b',
  'CON',
  '__proto__',
  'constructor/hasOwnProperty',
];

const INVALID: Record<string, string> = {
  'an empty key': '',
  'a leading slash': '/a',
  'a trailing slash': 'a/',
  'an empty segment': 'a//b',
  'a ".." segment': 'a/../b',
  'a leading ".." segment': '../a',
  'a "." segment': 'a/./b',
  'a NUL character': 'a\0b',
  'a lone surrogate': 'a\ud800',
  '1025 bytes': `${'x'.repeat(200)}/`.repeat(5) + 'y'.repeat(20),
  '1025 bytes in fewer characters': `${'é'.repeat(100)}/`.repeat(5) + 'é'.repeat(10),
};

export function testKeys({ promise, expect }: ConformanceContext): void {
  promise('any valid key can be put, read, listed and deleted', async (store) => {
    for (const key of ODD_BUT_VALID) await store.put(key, textBytes(`at ${key}`));
    expect(await listKeys(store)).toEqual([...ODD_BUT_VALID].sort(compareKeys));
    for (const key of ODD_BUT_VALID) {
      expect((await store.head(key)).key).toBe(key);
      expect(await readText(store, key)).toBe(`at ${key}`);
      expect(await listKeys(store, key)).toEqual([key]);
      await store.delete(key);
    }
    expect(await listKeys(store)).toEqual([]);
  });

  promise('a key may be long', async (store) => {
    // 1000 bytes: wrappers that add a prefix need some of the 1024.
    const key = `${`${'x'.repeat(199)}/`.repeat(4)}${'y'.repeat(200)}`;
    await store.put(key, textBytes('one'));
    expect(await readText(store, key)).toBe('one');
    expect(await listKeys(store)).toEqual([key]);
  });

  for (const [what, key] of Object.entries(INVALID)) {
    promise(`${what} is refused with InvalidPath by every method`, async (store) => {
      expect(await outcome(store.put(key, textBytes('x')))).toBe('InvalidPath');
      expect(await outcome(store.get(key))).toBe('InvalidPath');
      expect(await outcome(store.head(key))).toBe('InvalidPath');
      expect(await outcome(store.delete(key))).toBe('InvalidPath');
      expect(await listKeys(store)).toEqual([]);
    });
  }

  promise('a key that begins with another is stored or refused with InvalidPath, and harms nothing', async (store) => {
    await store.put('a', textBytes('one'));
    const below = await outcome(store.put('a/b', textBytes('two')));
    expect(['resolved', 'InvalidPath'].includes(below)).toBe(true);
    expect(await readText(store, 'a')).toBe('one');
    await store.put('c/d', textBytes('three'));
    for (const mode of ['overwrite', 'create'] as const) {
      const above = await outcome(store.put('c', textBytes('four'), { mode }));
      expect((mode === 'create' ? [below, 'AlreadyExists'] : [below]).includes(above)).toBe(true);
    }
    expect(await readText(store, 'c/d')).toBe('three');
  });
}
