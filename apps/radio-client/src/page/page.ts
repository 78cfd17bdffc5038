import { html } from 'hono/html';
import type { HtmlEscapedString } from 'hono/utils/html';
import type { StationAddress } from '../address.ts';
import type { StationView } from '../station-view.ts';

export interface PageOptions {
  readonly view: StationView;
  readonly address: StationAddress;
  /** Of this site, for the embedding example. */
  readonly siteOrigin: string;
}

type Html = HtmlEscapedString | Promise<HtmlEscapedString>;

/** The listener page. Complete without JavaScript: then the player's place holds a plain audio element for HLS. */
export function stationPage({ view, address, siteOrigin }: PageOptions): Html {
  return html`<!doctype html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="theme-color" media="(prefers-color-scheme: light)" content="#f6f4f0">
<meta name="theme-color" media="(prefers-color-scheme: dark)" content="#14161a">
<title>${view.name}</title>
<meta name="description" content="${view.name}: live, lossless radio. ${view.format}.">
<link rel="icon" href="/icon.svg" type="image/svg+xml">
<link rel="stylesheet" href="/site.css">
<link rel="modulepreload" href="/player/radio-player.js">
<script type="module" src="/player/radio-player.js"></script>
</head>
<body>
<main>
<header>
<p class="status" data-state="${view.state}"><span class="lamp" aria-hidden="true"></span>${view.status}</p>
<h1>${view.name}</h1>
${view.nowPlaying === undefined ? '' : html`<p class="now-playing"><span class="label">Now playing</span> ${view.nowPlaying}</p>`}
</header>
<radio-player src="${address.manifest}">
<span slot="title">Listen live</span>
<audio controls preload="none" src="${address.hls}"></audio>
</radio-player>
<section class="facts" aria-label="Sound quality">
<p>${view.format}.</p>
${view.fidelity === undefined ? '' : html`<p>${view.fidelity}.</p>`}
</section>
${elsewhere(address, siteOrigin)}
</main>
</body>
</html>
`;
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
</details>
</section>`;
}
