import { writeFileSync } from 'node:fs';
import { cpus } from 'node:os';

export interface FanoutResult {
  readonly originRequestsPerSecond: Readonly<Record<string, number>>;
  readonly icecastOriginBytesPerSecond: Readonly<Record<string, number>>;
}

const DOCS = new URL('../../../docs/', import.meta.url);

/** Writes `docs/scale.md` and `docs/images/scale.svg` from one run. */
export function writeScalePage(
  { originRequestsPerSecond, icecastOriginBytesPerSecond }: FanoutResult,
  versions: readonly string[],
): void {
  const rows = Object.entries(originRequestsPerSecond).map(([listeners, requests]) => {
    const bytes = icecastOriginBytesPerSecond[listeners];
    const icecast = bytes === undefined ? 'not run' : `${(bytes / 1e6).toFixed(2)} MB/s`;
    return `| ${Number(listeners).toLocaleString('en')} | ${requests} | ${icecast} |`;
  });
  writeFileSync(
    new URL('scale.md', DOCS),
    `# What an audience costs

Written by \`pnpm bench fanout --write\`, on ${cpus().length} cores, with ${versions.join(', ')}; everything on loopback.

The listener site stands behind an nginx cache, as it stands behind a CDN; simulated listeners poll the manifest every 2 s, five times as often as a
player does at the default segment length. Icecast runs on the same machine and sends the same number of listeners a 128 kbit/s Opus stream.

| listeners | requests per second at the site | bytes per second out of Icecast |
| --- | --- | --- |
${rows.join('\n')}

![requests at the site stay flat, bytes out of Icecast grow with the audience](images/scale.svg)

Audio never passes the site or the box: segments come from the bucket or the CDN in front of it, each stored once for everybody. The box uploads
the same bytes for one listener as for a hundred thousand. What a month of requests costs: \`radio cost --listeners N\`.
`,
  );
  writeFileSync(new URL('images/scale.svg', DOCS), plot(originRequestsPerSecond, icecastOriginBytesPerSecond));
}

const WIDTH = 640;
const HEIGHT = 320;
const BOX = { left: 70, right: 600, top: 30, bottom: 250 } as const;

/** Both series relative to their value for one listener, on logarithmic axes. */
function plot(site: Readonly<Record<string, number>>, icecast: Readonly<Record<string, number>>): string {
  const x = (listeners: number): number =>
    BOX.left + (Math.log10(listeners) / Math.log10(2000)) * (BOX.right - BOX.left);
  const y = (factor: number): number => BOX.bottom - (Math.log10(Math.max(0.5, factor)) / 3.2) * (BOX.bottom - BOX.top);
  const line = (values: Readonly<Record<string, number>>, colour: string): string => {
    const [first = 1] = Object.values(values);
    const points = Object.entries(values).map(
      ([listeners, value]) => [x(Number(listeners)), y(value / first)] as const,
    );
    const dots = points.map(
      ([cx, cy]) => `<circle cx="${cx.toFixed(1)}" cy="${cy.toFixed(1)}" r="4" fill="${colour}"/>`,
    );
    const path = points.map(([px, py]) => `${px.toFixed(1)},${py.toFixed(1)}`).join(' ');
    return `<polyline points="${path}" fill="none" stroke="${colour}" stroke-width="2"/>${dots.join('')}`;
  };
  const text = (tx: number, ty: number, words: string, anchor = 'middle'): string =>
    `<text x="${tx}" y="${ty}" text-anchor="${anchor}">${words}</text>`;
  const ticks = [1, 10, 100, 1000].map(
    (value) => text(x(value), BOX.bottom + 20, String(value)) + text(BOX.left - 10, y(value) + 4, `${value}×`, 'end'),
  );
  return `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${HEIGHT}" font-family="sans-serif" font-size="13" fill="#555">
<title>Requests at the site stay flat while the bytes out of Icecast grow with the audience</title>
<rect width="${WIDTH}" height="${HEIGHT}" fill="#fff"/>
<path d="M${BOX.left} ${BOX.top}V${BOX.bottom}H${BOX.right}" fill="none" stroke="#999"/>
${ticks.join('')}
${line(icecast, '#b3261e')}
${line(site, '#20606b')}
${text(WIDTH / 2, HEIGHT - 20, 'listeners')}
<text x="${BOX.left + 20}" y="${BOX.top + 10}" fill="#b3261e">bytes out of Icecast, relative to one listener</text>
<text x="${BOX.left + 20}" y="${BOX.top + 30}" fill="#20606b">requests at the listener site, relative to one listener</text>
</svg>
`;
}
