import { z } from 'zod';

/** A configuration that cannot be used; the message has one line per problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
}

const port = z.coerce.number().int().min(1).max(65_535);
const text = z.string().trim().min(1);
const httpUrl = z.url({ protocol: /^https?$/ }).refine((url) => {
  const parsed = URL.parse(url);
  return parsed?.username === '' && parsed.search === '';
});

const colour = z.string().regex(/^#[0-9a-f]{6}$/i);

/** One link on the page. */
export interface SiteLink {
  readonly label: string;
  readonly url: string;
}

const MAX_LINKS = 8;
/** `Label https://…`, one after the other, separated by semicolons. */
const links = z
  .string()
  .transform((text) => text.split(';').filter((part) => part.trim() !== ''))
  .transform((parts) => parts.map((part) => /^\s*(.+?)\s+(\S+)\s*$/.exec(part) ?? ['', '', part.trim()]))
  .transform((parts) => parts.map(([, label = '', url = '']): SiteLink => ({ label, url })))
  .pipe(z.array(z.object({ label: text.max(60), url: z.url({ protocol: /^(https?|mailto)$/ }) })).max(MAX_LINKS));

/** Every setting of the site: its variable, what is allowed, and the words for it. The names are the station's own. */
const SETTINGS = {
  port: { env: 'PORT', schema: port.default(3000), allowed: 'a port from 1 to 65535' },
  host: {
    env: 'RADIO_HOST',
    schema: text.default('127.0.0.1'),
    allowed: 'an IP address or host name of this machine',
  },
  station: {
    env: 'RADIO_STATION',
    schema: text.max(100).default('bucket-radio'),
    allowed: 'a name of 1 to 100 characters',
  },
  prefix: {
    env: 'RADIO_PREFIX',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/)
      .default('live'),
    allowed: 'a path of letters, digits, "-" and "_", such as live',
  },
  originPort: { env: 'RADIO_ORIGIN_PORT', schema: port.default(9000), allowed: 'a port from 1 to 65535' },
  publicUrl: {
    env: 'R2_PUBLIC_URL',
    schema: httpUrl.optional(),
    allowed: 'the http(s) URL at which the bucket is public, without user name or query',
  },
  endpoint: { env: 'R2_ENDPOINT', schema: httpUrl.optional(), allowed: 'the S3 API URL of the bucket' },
  bucket: {
    env: 'R2_BUCKET',
    schema: z.string().min(3).max(63).optional(),
    allowed: 'a bucket name of 3 to 63 characters',
  },
  siteUrl: {
    env: 'RADIO_SITE_URL',
    schema: httpUrl.optional(),
    allowed: 'the http(s) URL at which listeners open this site',
  },
  description: {
    env: 'RADIO_DESCRIPTION',
    schema: text.max(300).optional(),
    allowed: 'a sentence of 1 to 300 characters',
  },
  accent: { env: 'RADIO_ACCENT', schema: colour.optional(), allowed: 'a colour such as #20606b' },
  accentDark: { env: 'RADIO_ACCENT_DARK', schema: colour.optional(), allowed: 'a colour such as #7cc6d0' },
  artwork: {
    env: 'RADIO_ARTWORK',
    schema: httpUrl.optional(),
    allowed: 'the http(s) URL of a square picture, without user name or query',
  },
  links: {
    env: 'RADIO_LINKS',
    schema: links.default([]),
    allowed: `up to ${MAX_LINKS} links, "Label https://address", separated by semicolons`,
  },
  tokenUrl: {
    env: 'RADIO_TOKEN_URL',
    schema: httpUrl.optional(),
    allowed:
      'the http(s) URL at which the gate of a private bucket gives tokens, such as https://gate.example/api/token',
  },
  statsToken: {
    env: 'RADIO_STATS_TOKEN',
    schema: z.string().min(16).max(200).optional(),
    allowed: 'a secret of 16 to 200 characters, with which the listener statistics are read',
    secret: true,
  },
} as const;

type SettingName = keyof typeof SETTINGS;

export type SiteConfig = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

/**
 * Reads the configuration from environment variables; an empty one is not set.
 * @throws ConfigError with one line per problem: name, value, what is allowed
 */
export function loadConfig(env: Readonly<Record<string, string | undefined>>): SiteConfig {
  const problems: string[] = [];
  const config: Partial<Record<SettingName, unknown>> = {};
  for (const [name, setting] of Object.entries(SETTINGS)) {
    const { env: variable, schema, allowed } = setting;
    const value = env[variable]?.trim() || undefined;
    const parsed = schema.safeParse(value);
    if (parsed.success) config[name as SettingName] = parsed.data;
    else problems.push(`${variable} is ${'secret' in setting ? 'REDACTED' : shown(value)}: use ${allowed}`);
  }
  if (problems.length > 0) throw new ConfigError(problems.join('\n'));
  return config as SiteConfig;
}

/** The value as written; a URL that was refused may hold a password, so its user information is masked. */
function shown(value: string | undefined): string {
  const masked = value?.replace(/\/\/[^/?#]*@/, '//REDACTED@').replace(/\?.*/, '?REDACTED');
  return JSON.stringify(masked ?? '');
}
