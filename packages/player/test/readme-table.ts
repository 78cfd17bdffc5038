import { readFile, writeFile } from 'node:fs/promises';

const README = new URL('../README.md', import.meta.url);

/** Rows of cells as a Markdown table. */
export function markdownTable(head: readonly string[], rows: readonly (readonly string[])[]): string {
  return [head, head.map(() => '---'), ...rows].map((cells) => `| ${cells.join(' | ')} |`).join('\n');
}

/**
 * What the package's README has between `<!-- NAME -->` and `<!-- /NAME -->`. With `UPDATE_README=1`, `generated` is written there
 * first.
 */
export async function readmeSection(name: string, generated: string): Promise<string> {
  const section = new RegExp(`(<!-- ${name} -->\n)(.*?)\n?(<!-- /${name} -->)`, 's');
  const text = await readFile(README, 'utf8');
  if (process.env['UPDATE_README'] === '1') {
    const updated = text.replace(
      section,
      (_, before: string, _old, after: string) => `${before}${generated}\n${after}`,
    );
    await writeFile(README, updated);
    return section.exec(updated)?.[2] ?? '';
  }
  return section.exec(text)?.[2] ?? '';
}
