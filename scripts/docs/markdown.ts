import { execFileSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { ROOT } from '../packages/publishable.ts';

/** A page of the documentation: path from the root, and its text. */
export interface Page {
  readonly path: string;
  readonly text: string;
}

/** A line of a shell block: without its comment, continuation lines joined. */
export interface Command {
  readonly page: string;
  readonly text: string;
}

/** Every Markdown page that git knows or would take, templates and changesets left out. */
export function pages(): readonly Page[] {
  const list = execFileSync('git', ['ls-files', '--cached', '--others', '--exclude-standard', '*.md'], { cwd: ROOT });
  return [...new Set(list.toString().trim().split('\n'))]
    .filter((path) => !path.startsWith('.'))
    .map((path) => ({ path, text: readFileSync(join(ROOT, path), 'utf8') }));
}

/** The page without its fenced blocks. */
export function prose({ text }: Page): string {
  return text.replace(/^[ \t]*```[\s\S]*?^[ \t]*```/gm, '');
}

/** Lines of blocks that are for a shell, and code in the text that begins with a package manager's name. */
export function commands(page: Page): readonly Command[] {
  const blocks = [...page.text.matchAll(/^[ \t]*```(?:sh|bash|shell|console)\n([\s\S]*?)^[ \t]*```/gm)];
  const inline = [...prose(page).matchAll(/`((?:p?npm|pnpm|docker compose) [^`]+)`/g)].map(([, text = '']) => text);
  return blocks
    .flatMap(([, body = '']) => body.replace(/\\\n\s*/g, '').split('\n'))
    .concat(inline)
    .map((line) => line.replace(/(^|\s)#\s.*$/, '').trim())
    .filter((text) => text !== '')
    .map((text) => ({ page: page.path, text }));
}

/** Targets of links and images that lead into this repository. */
export function relativeLinks(page: Page): readonly string[] {
  const markdown = [...prose(page).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target = '']) => target);
  const html = [...prose(page).matchAll(/(?:src|href)="([^"]+)"/g)].map(([, target = '']) => target);
  return [...markdown, ...html].filter((target) => !/^(https?:|mailto:)/.test(target));
}

/** The anchors of a page's headings, as GitHub makes them. */
export function anchors(page: Page): ReadonlySet<string> {
  const seen = new Map<string, number>();
  const found = new Set<string>();
  for (const [, heading = ''] of prose(page).matchAll(/^#{1,6} +(.+?) *$/gm)) {
    const slug = heading
      .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\p{Mn}_ -]/gu, '')
      .replace(/ /g, '-');
    const count = seen.get(slug) ?? 0;
    seen.set(slug, count + 1);
    found.add(count === 0 ? slug : `${slug}-${count}`);
  }
  return found;
}
