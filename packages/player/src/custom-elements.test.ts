import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';
import manifest from '../custom-elements.json' with { type: 'json' };
import { RadioPlayer } from './radio-player.ts';

const [declaration] = manifest.modules[0]?.declarations ?? [];
const names = (list: readonly { readonly name: string }[] = []): string[] => list.map(({ name }) => name).sort();
const read = (path: string): string => readFileSync(new URL(path, import.meta.url), 'utf8');
const found = (text: string, pattern: RegExp): string[] =>
  [...new Set([...text.matchAll(pattern)].flatMap((match) => (match[1] ?? '').split(' ')))].sort();

it('the custom-elements manifest names every attribute, method and event of the element', () => {
  expect(names(declaration?.attributes)).toEqual([...RadioPlayer.observedAttributes].sort());
  const own = Object.getOwnPropertyNames(RadioPlayer.prototype);
  expect(own).toEqual(expect.arrayContaining(names(declaration?.members)));
  expect(names(declaration?.events)).toEqual(found(read('./radio-player.ts'), /announce\('([\w-]+)'/g));
});

it('and every part and CSS variable', () => {
  const parts = found(read('./radio-player.ts'), /part="([\w -]+)"/g);
  expect(names(declaration?.cssParts)).toEqual([...new Set([...parts, 'badge', 'badge-lit'])].sort());
  expect(names(declaration?.cssProperties)).toEqual(found(read('./element/styles.ts'), /var\((--radio-[\w-]+)/g));
});

it('and the slots, with a word about everything; the README names it all too', () => {
  expect(names(declaration?.slots)).toEqual(found(read('./radio-player.ts'), /<slot name="([\w-]+)"/g));
  const { attributes, members, events, slots, cssParts, cssProperties } = declaration!;
  const everything = [...attributes, ...members, ...events, ...slots, ...cssParts, ...cssProperties];
  expect(everything.filter(({ description }) => description === '')).toEqual([]);
  const readme = read('../README.md');
  const unnamed = everything.filter(({ name }) => !new RegExp(`\`${name}[\`(]`).test(readme));
  expect(unnamed.map(({ name }) => name)).toEqual([]);
});
