import type { SiteConfig } from '../config.ts';

/** The page's style sheet, with the colours of the theme. */
export function siteStyle({ accent, accentDark }: Pick<SiteConfig, 'accent' | 'accentDark'>): string {
  const light = accent === undefined ? '' : `:root { --accent: ${accent}; }\n`;
  const dark = accentDark ?? accent;
  const inDark = dark === undefined ? '' : `@media (prefers-color-scheme: dark) { :root { --accent: ${dark}; } }\n`;
  return `${STYLE}${light}${inDark}`;
}

/** System fonts, light and dark, from 320 px up. */
const STYLE = `
:root {
  color-scheme: light dark;
  --paper: #f6f4f0;
  --card: #fffdf9;
  --ink: #22252b;
  --soft: #5d626d;
  --line: #ddd8cf;
  --live: #b3261e;
  --idle: #8a8f99;
  --accent: #20606b;
  --shadow: 0 1px 2px rgb(40 36 28 / 6%), 0 12px 32px rgb(40 36 28 / 8%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --paper: #14161a;
    --card: #1c1f25;
    --ink: #eceae5;
    --soft: #a3a8b3;
    --line: #2f343d;
    --live: #ff6b5e;
    --idle: #7a808c;
    --accent: #7cc6d0;
    --shadow: none;
  }
}
* { box-sizing: border-box; }
body {
  margin: 0;
  min-height: 100vh;
  min-height: 100dvh;
  display: grid;
  grid-template-columns: minmax(0, 40rem);
  place-content: center;
  padding: clamp(1rem, 5vw, 4rem) max(1rem, env(safe-area-inset-right)) clamp(1rem, 5vw, 4rem) max(1rem, env(safe-area-inset-left));
  background: var(--paper);
  color: var(--ink);
  font: 1rem/1.6 system-ui, -apple-system, "Segoe UI", Roboto, sans-serif;
  -webkit-text-size-adjust: 100%;
}
main {
  padding: clamp(1.25rem, 5vw, 3rem);
  border: 1px solid var(--line);
  border-radius: 1.25rem;
  background: var(--card);
  box-shadow: var(--shadow);
}
h1 {
  margin: .25rem 0 0;
  font-size: clamp(2rem, 8vw, 3rem);
  line-height: 1.1;
  letter-spacing: -.02em;
  font-weight: 650;
  overflow-wrap: anywhere;
  text-wrap: balance;
}
h2 { margin: 0 0 .5rem; font-size: 1rem; font-weight: 650; }
p { margin: 0 0 .5rem; }
.status {
  display: flex;
  align-items: center;
  gap: .6rem;
  margin: 0;
  color: var(--soft);
  font-size: .9rem;
  font-weight: 550;
}
.status[data-state="live"] { color: var(--live); }
.lamp { flex: none; width: .65rem; height: .65rem; border-radius: 50%; background: var(--idle); }
[data-state="live"] .lamp { background: var(--live); box-shadow: 0 0 0 .25rem color-mix(in srgb, var(--live) 20%, transparent); }
[data-state="starting"] .lamp { background: none; border: 2px solid var(--idle); }
@media (prefers-reduced-motion: no-preference) {
  [data-state="live"] .lamp { animation: glow 2.4s ease-in-out infinite; }
  @keyframes glow { 50% { box-shadow: 0 0 0 .4rem transparent; } }
}
.now-playing { margin: .75rem 0 0; font-size: 1.1rem; overflow-wrap: anywhere; }
.label { color: var(--soft); font-size: .85rem; }
radio-player {
  display: block;
  max-width: none;
  margin: 1.75rem 0;
  --radio-accent: var(--accent);
  --radio-on-accent: var(--card);
  --radio-background: var(--paper);
  --radio-foreground: var(--ink);
  --radio-subtle: var(--soft);
  --radio-border: var(--line);
  --radio-live: var(--live);
}
radio-player [slot="title"] { font-weight: 600; }
/* The height that it will have: nothing moves when it is there. */
radio-player { min-height: 161px; }
@media (scripting: none) { radio-player { min-height: 0; } }
audio { width: 100%; }
[hidden] { display: none; }
.artwork { float: right; width: 6rem; height: 6rem; margin: 0 0 .5rem 1rem; border-radius: .75rem; object-fit: cover; }
.description { margin-top: .5rem; color: var(--soft); }
.embed { display: block; min-height: 0; padding: .5rem; background: none; }
.embed radio-player { margin: 0; }
.links ul { display: flex; flex-wrap: wrap; gap: .25rem 1.25rem; margin: 1.25rem 0 0; padding: 1.25rem 0 0; border-top: 1px solid var(--line); list-style: none; }
a { color: var(--accent); }
.facts { padding-top: 1.25rem; border-top: 1px solid var(--line); color: var(--soft); font-size: .95rem; }
.elsewhere { margin-top: 1.5rem; padding-top: 1.5rem; border-top: 1px solid var(--line); }
.elsewhere p { color: var(--soft); font-size: .95rem; }
pre {
  margin: 0 0 .75rem;
  padding: .75rem 1rem;
  overflow-x: auto;
  border: 1px solid var(--line);
  border-radius: .6rem;
  background: var(--paper);
  font: .85rem/1.6 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
pre code { font: inherit; user-select: all; }
summary { padding: .35rem 0; color: var(--accent); cursor: pointer; font-size: .95rem; }
summary:hover { text-decoration: underline; }
details[open] summary { margin-bottom: .35rem; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; border-radius: .3rem; }
`;

/** A lamp and two waves. */
export const ICON = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 32 32"><rect width="32" height="32" rx="7" fill="#22252b"/><circle cx="16" cy="16" r="3.5" fill="#ff6b5e"/><g fill="none" stroke="#eceae5" stroke-width="2.2" stroke-linecap="round"><path d="M10.5 10.5a7.8 7.8 0 0 0 0 11M21.500 10.500a7.800 7.800 0 0 1 0 11"/><path d="M6.700 6.700a13.200 13.200 0 0 0 0 18.600M25.300 6.700a13.200 13.200 0 0 1 0 18.600"/></g></svg>`;
