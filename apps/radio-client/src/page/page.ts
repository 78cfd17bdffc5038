import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { StationAddress } from '../address.ts';
import type { SiteConfig } from '../config.ts';
import type { StationView } from '../station-view.ts';

export interface PageOptions {
  readonly view: StationView;
  readonly address: StationAddress;
  readonly config: SiteConfig;
  /** Of this site, as listeners reach it. */
  readonly siteOrigin: string;
}

export type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** The listener page. Complete without JavaScript: then the player's place holds a plain audio element for HLS. */
export function stationPage(options: PageOptions): Html {
  const { view, address, config, siteOrigin } = options;
  const { artwork } = config;
  return html`<!doctype html>
<html lang="en">
<head>
${head(options)}
<link rel="manifest" href="/site.webmanifest">
<link rel="alternate" type="application/json+oembed" href="${siteOrigin}/oembed?url=${encodeURIComponent(`${siteOrigin}/`)}" title="${view.name}">
${view.state === 'live' ? '' : html`<noscript><meta http-equiv="refresh" content="60"></noscript>`}
<script type="module" src="/site.js" ${config.statsToken === undefined ? '' : 'data-beacon'}></script>
</head>
<body>
<main>
<header>
<p class="status" data-state="${view.state}"><span class="lamp" aria-hidden="true"></span><span data-status>${view.status}</span></p>
${artwork === undefined ? '' : html`<img class="artwork" src="${artwork}" alt="" width="96" height="96">`}
<h1>${view.name}</h1>
${config.description === undefined ? '' : html`<p class="description">${config.description}</p>`}
<p class="now-playing" data-now-playing ${view.nowPlaying === undefined ? 'hidden' : ''}><span class="label">Now playing</span> <span data-title>${view.nowPlaying ?? ''}</span></p>
</header>
${player(options)}
<section class="facts" aria-label="Sound quality">
<p>${view.format}.</p>
${view.fidelity === undefined ? '' : html`<p>${view.fidelity}.</p>`}
</section>
${config.tokenUrl === undefined ? elsewhere(address, siteOrigin) : ''}
${config.links.length === 0 ? '' : links(config)}
</main>
</body>
</html>
`;
}

/** The player alone, for an `<iframe>` in somebody else's page. */
export function embedPage(options: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
${head(options)}
<meta name="robots" content="noindex">
<script type="module" src="/site.js" ${options.config.statsToken === undefined ? '' : 'data-beacon'}></script>
</head>
<body class="embed">
${player(options)}
</body>
</html>
`;
}

function head({ view, siteOrigin, config }: PageOptions): Html {
  const description = config.description ?? `${view.name}: live, lossless radio. ${view.format}.`;
  return html`<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4f0">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14161a">
<title>${view.name}</title>
<meta name="description" content="${description}">
<meta property="og:type" content="website">
<meta property="og:title" content="${view.name}">
<meta property="og:description" content="${description}">
<meta property="og:url" content="${siteOrigin}/">
<meta property="og:image" content="${siteOrigin}/og.png">
<meta property="og:image:width" content="1200">
<meta property="og:image:height" content="630">
<meta name="twitter:card" content="summary_large_image">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site.css">
<link rel="modulepreload" href="/player/radio-player.js">
<script type="module" src="/player/radio-player.js"></script>`;
}

function player({ address, config }: PageOptions): Html {
  const tokens = config.tokenUrl;
  const source = html`src="${address.manifest}"`;
  // The gate of a private bucket opens to the player's token, which a plain audio element cannot send.
  if (tokens !== undefined) {
    return html`<radio-player ${source} token-url="${tokens}"><span slot="title">Listen live</span>
<noscript><p>This station needs JavaScript: its bucket is private.</p></noscript></radio-player>`;
  }
  return html`<radio-player ${source}>
<span slot="title">Listen live</span>
<audio controls preload="none" src="${address.hls}"></audio>
</radio-player>`;
}

function elsewhere(address: StationAddress, siteOrigin: string): Html {
  return html`<section class="elsewhere">
<h2>Listen elsewhere</h2>
<p>VLC, mpv and every player that knows HLS open this address:</p>
<pre tabindex="0"><code>${address.hls}</code></pre>
<details>
<summary>On the command line</summary>
<pre tabindex="0"><code>mpv ${address.hls}
vlc ${address.hls}
ffplay ${address.hls}</code></pre>
</details>
<details>
<summary>In your own page</summary>
<pre tabindex="0"><code>${`<script type="module" src="${siteOrigin}/player/radio-player.js"></script>
<radio-player src="${address.manifest}"></radio-player>`}</code></pre>
<p>or, without a script of your own:</p>
<pre tabindex="0"><code>${embedMarkup(siteOrigin, EMBED_WIDTH, EMBED_HEIGHT)}</code></pre>
</details>
</section>`;
}

function links({ links: list }: SiteConfig): Html {
  return html`<nav class="links" aria-label="More of this station"><ul>${list.map(({ label, url }) => html`<li><a href="${url}">${label}</a></li>`)}</ul></nav>`;
}

/** The size that fits the player with its controls. */
export const EMBED_WIDTH = 480;
export const EMBED_HEIGHT = 200;

/** What a page writes to show the player in a frame. */
export function embedMarkup(siteOrigin: string, width: number, height: number): string {
  return `<iframe src="${siteOrigin}/embed" width="${width}" height="${height}" title="Live radio" allow="autoplay" loading="lazy" frameborder="0"></iframe>`;
}
