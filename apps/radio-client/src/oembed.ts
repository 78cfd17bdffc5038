import { EMBED_HEIGHT, EMBED_WIDTH, embedMarkup } from './page/page.ts';

/** An answer of the oEmbed endpoint: a status and, for 200, the body (oembed.com, type `rich`). */
export interface OEmbedAnswer {
  readonly status: 200 | 404 | 501;
  readonly body: Readonly<Record<string, unknown>>;
}

export interface OEmbedOptions {
  readonly siteOrigin: string;
  readonly station: string;
  /** The query parameters `url`, `format`, `maxwidth`, `maxheight`. */
  readonly query: Readonly<Record<string, string>>;
}

/** What a blog, a forum or a chat shows for a link to this site: the player in a frame. */
export function answerOEmbed({ siteOrigin, station, query }: OEmbedOptions): OEmbedAnswer {
  const { url = '', format = 'json' } = query;
  if (format !== 'json') return { status: 501, body: { error: 'this endpoint speaks JSON only: use format=json' } };
  const page = URL.parse(url);
  if (page?.origin !== siteOrigin || !['/', '/embed'].includes(page.pathname)) {
    return { status: 404, body: { error: `url must be ${siteOrigin}/` } };
  }
  const width = atMost(query['maxwidth'], EMBED_WIDTH);
  const height = atMost(query['maxheight'], EMBED_HEIGHT);
  return {
    status: 200,
    body: {
      version: '1.0',
      type: 'rich',
      provider_name: station,
      provider_url: `${siteOrigin}/`,
      title: station,
      html: embedMarkup(siteOrigin, width, height),
      width,
      height,
      thumbnail_url: `${siteOrigin}/og.png`,
      thumbnail_width: 1200,
      thumbnail_height: 630,
    },
  };
}

function atMost(limit: string | undefined, value: number): number {
  const pixels = Number(limit);
  return limit !== undefined && Number.isInteger(pixels) && pixels > 0 ? Math.min(value, pixels) : value;
}
