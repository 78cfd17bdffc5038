import { z } from 'zod';

/** A configuration that cannot be used; the message has one line per problem and never a secret. */
export class EdgeConfigError extends Error {
  override readonly name = 'EdgeConfigError';
}

const MIN_SECRET_LENGTH = 32;
const MAX_SECRETS = 4;

const list = z.string().transform((text) =>
  text
    .split(/[\s,]+/)
    .map((item) => item.trim())
    .filter((item) => item !== ''),
);

/** Every setting of the gate: its variable, what is allowed, and whether its value may be shown. */
const SETTINGS = {
  secrets: {
    env: 'TOKEN_SECRET',
    schema: list.pipe(z.array(z.string().min(MIN_SECRET_LENGTH)).min(1).max(MAX_SECRETS)),
    allowed: `1 to ${MAX_SECRETS} secrets of at least ${MIN_SECRET_LENGTH} characters, newest first, separated by commas`,
    secret: true,
  },
  origins: {
    env: 'ALLOWED_ORIGINS',
    schema: list.pipe(z.array(z.union([z.literal('*'), z.string().regex(/^https?:\/\/[^/?#@\s]+$/)])).min(1)),
    allowed: 'origins such as https://radio.example, separated by commas, or * for every site',
    secret: false,
  },
  prefix: {
    env: 'RADIO_PREFIX',
    schema: z
      .string()
      .regex(/^[A-Za-z0-9_-]+(\/[A-Za-z0-9_-]+)*$/)
      .default('live'),
    allowed: 'a path of letters, digits, "-" and "_", such as live',
    secret: false,
  },
  tokenSeconds: {
    env: 'TOKEN_SECONDS',
    schema: z.coerce.number().int().min(2).max(3600).default(300),
    allowed: 'a whole number of seconds from 2 to 3600',
    secret: false,
  },
  tokensPerMinute: {
    env: 'TOKENS_PER_MINUTE',
    schema: z.coerce.number().int().min(1).max(10_000).default(30),
    allowed: 'a whole number from 1 to 10000',
    secret: false,
  },
} as const;

type SettingName = keyof typeof SETTINGS;

export type EdgeConfig = { readonly [Name in SettingName]: z.output<(typeof SETTINGS)[Name]['schema']> };

/**
 * Reads the configuration from a Worker's variables and secrets.
 * @throws EdgeConfigError with one line per problem: name, value (never a secret), what is allowed
 */
export function loadEdgeConfig(env: Readonly<Record<string, unknown>>): EdgeConfig {
  const problems: string[] = [];
  const config: Partial<Record<SettingName, unknown>> = {};
  for (const [name, { env: variable, schema, allowed, secret }] of Object.entries(SETTINGS)) {
    const value = env[variable];
    const text = typeof value === 'string' && value.trim() !== '' ? value.trim() : undefined;
    const parsed = schema.safeParse(text);
    if (parsed.success) config[name as SettingName] = parsed.data;
    else problems.push(`${variable} is ${shown(text, secret)}: use ${allowed}`);
  }
  if (problems.length > 0) throw new EdgeConfigError(problems.join('\n'));
  return config as EdgeConfig;
}

function shown(value: string | undefined, secret: boolean): string {
  if (value === undefined) return 'not set';
  return secret ? 'REDACTED' : JSON.stringify(value);
}
