/** A page of the site, before it is one. */
export interface Post {
  readonly slug: string;
  readonly title: string;
  readonly text: string;
}

const escapes: Readonly<Record<string, string>> = { '<': '&lt;', '>': '&gt;', '&': '&amp;', '"': '&quot;' };
const escapeHtml = (text: string): string => text.replace(/[<>&"]/g, (character) => escapes[character] ?? '');

/** The player is a tag: a template is all that a site generator needs. */
const player = `<script type="module" src="/player/radio-player.js"></script>
<radio-player layout="mini" src="https://radio.example/live/manifest.json"></radio-player>`;

/** Every file of the site: path → HTML. The player's own files are copied beside them, as they are. */
export function buildSite(posts: readonly Post[]): Map<string, string> {
  const page = (title: string, body: string): string => `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escapeHtml(title)}</title>
<h1>${escapeHtml(title)}</h1>
${player}
${body}
</html>
`;
  const links = posts.map(({ slug, title }) => `<li><a href="/static-site/${slug}.html">${escapeHtml(title)}</a></li>`);
  return new Map([
    ['index.html', page('A site with a radio', `<ul>${links.join('')}</ul>`)],
    ...posts.map(({ slug, title, text }) => [`${slug}.html`, page(title, `<p>${escapeHtml(text)}</p>`)] as const),
  ]);
}
