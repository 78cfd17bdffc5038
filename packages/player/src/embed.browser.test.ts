import { spawnSync } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { denoPath, launchChromium, serviceOrSkip } from '@bucket-radio/testing';
import type { Browser, Frame, Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { EmbedHost } from '../test/embed-host.ts';
import { makeFixture, randomPcm } from '../test/fixtures.ts';
import { markdownTable, readmeSection } from '../test/readme-table.ts';
import { RollingBucket } from '../test/rolling-bucket.ts';
import { bundlePlayer } from '../tools/bundle.ts';

const available = serviceOrSkip('chromium').available && serviceOrSkip('ffmpeg').available;

/** What was seen on one kind of page. */
interface Seen {
  readonly engine: 'worklet' | 'element';
  readonly badge: string;
  readonly missing: string;
}

interface Embedding {
  readonly name: string;
  readonly csp?: (player: string) => string;
  /** Whether the player's files come from another origin than the page. */
  readonly cdn?: true;
  readonly host?: string;
  readonly sandboxed?: true;
}

const STRICT = "default-src 'none'; connect-src *";

const EMBEDDINGS: readonly Embedding[] = [
  { name: 'a bare page, without COOP and COEP' },
  { name: 'a strict policy: no inline code, no `blob:`, no `data:`', csp: () => `${STRICT}; script-src 'self'` },
  {
    name: 'the player from a CDN, which the policy allows by origin',
    cdn: true,
    csp: (player) => `${STRICT}; script-src ${player}`,
  },
  { name: 'a frame with `sandbox="allow-scripts"`', sandboxed: true },
  { name: 'plain http on a host that is not localhost', host: 'insecure.test' },
];

/** What the browser refuses there. */
const MISSING = `(async () => {
  const tries = {
    storage: () => localStorage.length,
    locks: async () => {
      if (navigator.locks === undefined) throw new Error('absent');
      await navigator.locks.request('probe', () => undefined);
    },
    WebCodecs: () => AudioDecoder.name,
    AudioWorklet: () => { if (!isSecureContext) throw new Error('absent'); },
    SharedArrayBuffer: () => SharedArrayBuffer.name,
  };
  const missing = [];
  for (const [name, use] of Object.entries(tries)) {
    try { await use(); } catch { missing.push(name); }
  }
  return missing.join(', ');
})()`;

describe.skipIf(!available)('<radio-player> on other people’s pages', () => {
  const fixture = available ? makeFixture(randomPcm(60 * 48_000, 21), 1) : undefined;
  const bucket = new RollingBucket({ fixture: fixture!, segmentSeconds: 1, windowSegments: 12, head: 3 });
  const seen = new Map<string, Seen>();
  let browser: Browser;
  let site: EmbedHost;
  let cdn: EmbedHost;
  let siteOrigin: string;
  let cdnOrigin: string;
  let src: string;

  beforeAll(async () => {
    const { files } = await bundlePlayer();
    site = new EmbedHost(files);
    cdn = new EmbedHost(files);
    [siteOrigin, cdnOrigin, src] = await Promise.all([site.listen(), cdn.listen(), bucket.listen()]);
    browser = await launchChromium({ args: ['--host-resolver-rules=MAP insecure.test 127.0.0.1'] });
  });
  afterAll(async () => {
    await browser?.close();
    for (const server of [site, cdn, bucket]) server?.close();
  });

  const tag = (id: string) =>
    `<radio-player id="${id}" src="${src}" quality="hq" latency-mode="stable"></radio-player>`;

  /** Opens a page; what it complains of in the console, or throws, is in `complaints`. */
  async function open(url: string) {
    const page = await browser.newPage();
    const complaints: string[] = [];
    page.on('console', (message) => {
      // On a busy machine a segment may be asked for when it has left the window: that is the bucket's 404, and no fault of the page.
      if (message.location().url.startsWith(new URL(src).origin)) return;
      if (['error', 'warning'].includes(message.type())) complaints.push(message.text());
    });
    page.on('pageerror', (error) => complaints.push(error.message));
    await page.goto(url);
    return { page, complaints };
  }

  async function play(frame: Page | Frame): Promise<Seen> {
    await frame.evaluate(`
      globalThis.errors = [];
      document.addEventListener('radio-error', ({ detail }) => errors.push(detail.message))`);
    await frame.getByRole('button', { name: 'Play Radio' }).click();
    const badge = frame.locator('[part~=badge]');
    await badge.filter({ hasText: /^(Bit-perfect|Lossless)$/ }).waitFor();
    // Two joins and more.
    await frame.evaluate(`new Promise((resolve) => {
      const heard = new Set();
      document.addEventListener('radio-segment', ({ detail }) => { if (heard.add(detail.index).size > 2) resolve(); });
    })`);
    expect(await frame.evaluate('errors')).toEqual([]);
    expect(await frame.evaluate('crossOriginIsolated')).toBe(false);
    const element = await frame.evaluate<boolean>(
      `document.querySelector('radio-player').engine.mediaElement !== undefined`,
    );
    return {
      engine: element ? 'element' : 'worklet',
      badge: (await badge.textContent()) ?? '',
      missing: await frame.evaluate<string>(MISSING),
    };
  }

  it.concurrent.each(EMBEDDINGS)('plays on $name', async (embedding) => {
    const { name, host, sandboxed } = embedding;
    const path = `/${EMBEDDINGS.indexOf(embedding)}.html`;
    const player = embedding.cdn === undefined ? siteOrigin : cdnOrigin;
    const script = `<script type="module" src="${embedding.cdn ? cdnOrigin : ''}/player/radio-player.js"></script>`;
    site.page(path, script + tag('one'), embedding.csp?.(player));
    site.page(`/frame${path}`, `<iframe title="radio" sandbox="allow-scripts" src="${path}"></iframe>`);
    const origin = host === undefined ? siteOrigin : siteOrigin.replace('127.0.0.1', host);
    const { page, complaints } = await open(`${origin}${sandboxed ? '/frame' : ''}${path}`);
    const frame = sandboxed ? page.frames().find((one) => one !== page.mainFrame())! : page;
    seen.set(name, await play(frame));
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('plays one of two players on a page at a time', async () => {
    site.page('/two.html', `<script type="module" src="/player/radio-player.js"></script>${tag('one')}${tag('two')}`);
    const { page, complaints } = await open(`${siteOrigin}/two.html`);
    const [one, two] = [page.locator('#one'), page.locator('#two')];
    await one.getByRole('button', { name: 'Play Radio' }).click();
    await one.getByText('Bit-perfect').waitFor();
    await two.getByRole('button', { name: 'Play Radio' }).click();
    await two.getByText('Bit-perfect').waitFor();
    await one.getByRole('button', { name: 'Play here instead' }).waitFor();
    expect(await page.evaluate('[one.state, two.state]')).toEqual(['stopped', 'playing']);
    expect(complaints).toEqual([]);
    await page.close();
  });

  it('and the README says what was seen', async () => {
    const rows = EMBEDDINGS.map(({ name }) => {
      const { engine, badge, missing } = seen.get(name)!;
      return [name, engine, badge, missing];
    });
    const table = markdownTable(['in Chromium', 'engine', 'badge', 'what the page has to do without'], rows);
    expect(await readmeSection('embedding', table)).toBe(table);
  });
});

/** Imports the package in a fresh process, registers nothing, and renders React's component. */
const ON_A_SERVER = `
  const { RadioPlayer, createRadioEngine } = await import('@bucket-radio/player');
  const react = await import('@bucket-radio/player/react');
  const { renderToString } = await import('react-dom/server');
  const { createElement } = await import('react');
  const html = renderToString(createElement(react.RadioPlayer, { src: '/m.json', muted: true }));
  console.log(JSON.stringify([RadioPlayer.name, typeof createRadioEngine, typeof globalThis.document, html]));
`;
const IMPORTED = ['RadioPlayer', 'function', 'undefined', '<radio-player src="/m.json" muted=""></radio-player>'];

describe('on a server', () => {
  const PACKAGE = fileURLToPath(new URL('../', import.meta.url));
  const run = (command: string, args: readonly string[]): unknown => {
    const { stdout, stderr, status } = spawnSync(command, args, { cwd: PACKAGE, encoding: 'utf8' });
    expect(status, stderr).toBe(0);
    return JSON.parse(stdout);
  };

  it('Node imports it', () => {
    const args = ['--conditions=@bucket-radio/source', '--input-type=module', '--eval', ON_A_SERVER];
    expect(run(process.execPath, args)).toEqual(IMPORTED);
  });

  it.skipIf(!serviceOrSkip('deno').available)('Deno imports it', () => {
    const flags = ['--quiet', '--no-lock', '--node-modules-dir=manual', '--conditions=@bucket-radio/source'];
    expect(run(denoPath() ?? 'deno', ['eval', ...flags, ON_A_SERVER])).toEqual(IMPORTED);
  });
});
