import { readFileSync } from 'node:fs';
import { expect, it } from 'vitest';

const root = new URL('../', import.meta.url);
const rows = [
  ...readFileSync(new URL('BEHAVIOUR.md', root), 'utf8').matchAll(
    /^\|[^|]+\|[^|]*\| \[(?<title>.+)\]\((?<file>[^)]+)\) \|$/gm,
  ),
].map(({ groups = {} }) => [groups['title'] ?? '', groups['file'] ?? ''] as const);

it('every line of the table was read', () => {
  const lines = readFileSync(new URL('BEHAVIOUR.md', root), 'utf8').split('\n');
  const tables = lines.filter(
    (line) => line.startsWith('|') && !line.startsWith('| ---') && !line.startsWith('| behaviour'),
  );
  expect(rows).toHaveLength(tables.length);
});

it.each(rows)('"%s" is a test in %s', (title, file) => {
  const source = readFileSync(new URL(file, root), 'utf8');
  expect([`'${title}'`, `"${title}"`, `\`${title}\``].some((quoted) => source.includes(quoted))).toBe(true);
});
