import type { SiteConfig } from './config.ts';

/** The web app manifest: with it a phone can put the station on its home screen. */
export function webManifest(name: string, { description, accent, artwork }: SiteConfig): string {
  return JSON.stringify({
    name,
    short_name: name.slice(0, 20),
    ...(description === undefined ? {} : { description }),
    start_url: '/',
    scope: '/',
    display: 'standalone',
    background_color: '#14161a',
    theme_color: accent ?? '#14161a',
    icons: [
      { src: '/icon.svg', sizes: 'any', type: 'image/svg+xml', purpose: 'any' },
      ...(artwork === undefined ? [] : [{ src: artwork, sizes: '512x512' }]),
    ],
  });
}
