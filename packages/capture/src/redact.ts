const MASK = 'REDACTED';
const URL_IN_TEXT = /[a-z][a-z0-9+.-]*:\/\/[^\s"'<>]+/gi;
/** What follows a URL in a sentence, and is not part of it. */
const TRAILING_PUNCTUATION = /[:;,.)\]]+$/;

/** A URL without its secrets: user information and every query value (tokens, signatures) become `REDACTED`. */
export function redactUrl(url: string): string {
  return url
    .replace(/^([a-z][a-z0-9+.-]*:\/\/)[^/?#]*@/i, `$1${MASK}@`)
    .replace(/([?&][^=&#]*=)[^&#]*/g, `$1${MASK}`)
    .replace(/#.*$/, '');
}

/** Masks the secrets of every URL in a text. */
export function redactText(text: string): string {
  return text.replace(URL_IN_TEXT, (match) => {
    const url = match.replace(TRAILING_PUNCTUATION, '');
    return redactUrl(url) + match.slice(url.length);
  });
}

/**
 * Masks a text that was printed by a tool which was given `url`: the URLs in it, and the parts of `url` that are
 * secret wherever they stand alone (a tool may print a path with its query, or a host with its password).
 */
export function createRedactor(url: string): (text: string) => string {
  const secrets = secretsOf(url);
  return (text) => secrets.reduce((masked, secret) => masked.replaceAll(secret, MASK), redactText(text));
}

function secretsOf(url: string): string[] {
  const user = /^[a-z][a-z0-9+.-]*:\/\/([^/?#]*)@/i.exec(url)?.[1] ?? '';
  const query = /\?([^#]*)/.exec(url)?.[1] ?? '';
  const raw = [...user.split(':'), ...query.split('&').map((pair) => pair.slice(pair.indexOf('=') + 1))];
  const all = new Set([...raw, ...raw.map(decoded)].filter((secret) => secret.length >= 4));
  return [...all].sort((a, b) => b.length - a.length);
}

function decoded(text: string): string {
  try {
    return decodeURIComponent(text);
  } catch {
    return text;
  }
}
