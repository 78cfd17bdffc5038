import { readFileSync } from 'node:fs';
import { parse as parseYaml } from 'yaml';
import { describeSetting, SETTING_NAMES, SETTINGS, type SettingName, type StationConfig } from './settings.ts';

/** A configuration that cannot be used; the message has one line per problem and never a secret. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError';
  readonly problems: readonly string[];

  constructor(problems: readonly string[]) {
    super(problems.join('\n'));
    this.problems = problems;
  }
}

/** Files looked for in the working directory, first found wins. */
const CONFIG_FILES = ['radio.config.json', 'radio.config.yaml'] as const;

export interface ConfigSources {
  /** Values of command-line flags by setting name. */
  readonly flags?: Readonly<Partial<Record<SettingName, unknown>>>;
  readonly env?: Readonly<Record<string, string | undefined>>;
  /** Contents of a configuration file. */
  readonly file?: { readonly name: string; readonly values: Readonly<Record<string, unknown>> };
}

interface GivenValue {
  readonly value: unknown;
  /** How the user wrote it: `--segment-seconds`, `RADIO_SEGMENT_SECONDS`, `segmentSeconds in radio.config.json`. */
  readonly written: string;
}

function given(name: SettingName, { flags, env, file }: ConfigSources): GivenValue | undefined {
  const { env: variable, flag } = describeSetting(name);
  const fromFlag = flags?.[name];
  if (fromFlag !== undefined) return { value: fromFlag, written: `--${flag ?? name}` };
  const fromEnv = env?.[variable];
  // An empty variable is what `VARIABLE=` in an env file means: not set.
  if (fromEnv !== undefined && fromEnv.trim() !== '') return { value: fromEnv, written: variable };
  const fromFile = file?.values[name];
  if (file !== undefined && fromFile !== undefined) return { value: fromFile, written: `${name} in ${file.name}` };
  return undefined;
}

const STORE_SETTINGS = ['r2Endpoint', 'r2Bucket', 'r2AccessKey', 'r2SecretKey'] as const;

/** An S3 bucket needs all four settings; with none of them the bucket is embedded. */
function storeProblems(config: StationConfig): string[] {
  const missing = STORE_SETTINGS.filter((name) => config[name] === undefined);
  if (missing.length === 0 || missing.length === STORE_SETTINGS.length) return [];
  return missing.map((name) => {
    const { env, allowed } = describeSetting(name);
    return `${env} is missing: set it to ${allowed}, or unset the other R2_ variables to use the embedded bucket`;
  });
}

const ARCHIVE_SETTINGS = ['archiveBucket', 'archiveAccessKey', 'archiveSecretKey'] as const;

/**
 * The archive bucket has credentials of its own, all of them, and is not the bucket that listeners read: recordings
 * would be there for anyone.
 */
function archiveProblems(config: StationConfig): string[] {
  const missing = ARCHIVE_SETTINGS.filter((name) => config[name] === undefined);
  if (missing.length === ARCHIVE_SETTINGS.length) return [];
  const problems = missing.map((name) => {
    const { env, allowed } = describeSetting(name);
    return `${env} is missing: set it to ${allowed}, or unset the other RADIO_ARCHIVE_ variables to keep recordings here`;
  });
  const endpoint = config.archiveEndpoint ?? config.r2Endpoint;
  if (endpoint === undefined) problems.push('RADIO_ARCHIVE_ENDPOINT is missing: set it to the S3 API URL');
  const { r2Endpoint, r2Bucket, archiveBucket, archivePublic } = config;
  if (endpoint === undefined || r2Endpoint === undefined || archivePublic) return problems;
  if (archiveBucket === r2Bucket && new URL(endpoint).host === new URL(r2Endpoint).host) {
    problems.push(
      `RADIO_ARCHIVE_BUCKET is "${archiveBucket}", the bucket that listeners read: use a private one, ` +
        'or set RADIO_ARCHIVE_PUBLIC=on to let anyone have the recordings',
    );
  }
  return problems;
}

const LOOPBACK = /^(localhost|127(\.\d{1,3}){3}|::1)$/i;

/** Whoever reaches the monitor can take the station off the air. */
function monitorProblems({ monitorHost, monitorToken }: StationConfig): string[] {
  if (LOOPBACK.test(monitorHost) || monitorToken !== undefined) return [];
  const { env, allowed } = describeSetting('monitorToken');
  return [
    `${env} is missing: a monitor on ${monitorHost} needs one; set it to ${allowed}, or leave RADIO_MONITOR_HOST out`,
  ];
}

/** Passwords and tokens hide in URLs: before the host, and in the query. */
function redactUrls(text: string): string {
  return text.replaceAll(/\/\/[^/?#"\s]*@/g, '//REDACTED@').replaceAll(/\?[^#"\s]+/g, '?REDACTED');
}

function shown(name: SettingName, value: unknown): string {
  return describeSetting(name).secret ? 'REDACTED' : redactUrls(JSON.stringify(value));
}

/**
 * Merges and validates. @throws ConfigError with one line per problem
 */
export function resolveConfig(sources: ConfigSources): StationConfig {
  const problems: string[] = [];
  const config: Partial<Record<SettingName, unknown>> = {};
  for (const name of SETTING_NAMES) {
    const found = given(name, sources);
    const parsed = SETTINGS[name].schema.safeParse(found?.value);
    if (parsed.success) config[name] = parsed.data;
    else problems.push(`${found?.written} is ${shown(name, found?.value)}: use ${describeSetting(name).allowed}`);
  }
  for (const key of Object.keys(sources.file?.values ?? {})) {
    if (!(key in SETTINGS)) problems.push(`${key} in ${sources.file?.name} is not a setting: see \`radio config\``);
  }
  if (problems.length === 0) {
    const valid = config as StationConfig;
    problems.push(...storeProblems(valid), ...archiveProblems(valid), ...monitorProblems(valid));
  }
  if (problems.length > 0) throw new ConfigError(problems);
  return config as StationConfig;
}

/** @throws ConfigError when a file exists and cannot be read as a mapping */
export function readConfigFile(): ConfigSources['file'] {
  for (const name of CONFIG_FILES) {
    const text = readTextIfPresent(name);
    if (text === undefined) continue;
    const values = parseMapping(name, text);
    return { name, values };
  }
  return undefined;
}

function readTextIfPresent(name: string): string | undefined {
  try {
    return readFileSync(name, 'utf8');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw new ConfigError([`${name} cannot be read: ${(error as Error).message}`]);
  }
}

function parseMapping(name: string, text: string): Record<string, unknown> {
  let values: unknown;
  try {
    values = parseYaml(text); // YAML contains JSON
  } catch (error) {
    const [firstLine] = (error as Error).message.split('\n');
    throw new ConfigError([`${name} cannot be parsed: ${firstLine}`]);
  }
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new ConfigError([`${name} must hold settings by name, such as segmentSeconds: 4`]);
  }
  return values as Record<string, unknown>;
}

/** Configuration as text, one `ENV=value` line per setting; secrets redacted. */
export function printConfig(config: StationConfig): string {
  return SETTING_NAMES.map((name) => {
    const { env, help } = describeSetting(name);
    const value = config[name];
    const text = value === undefined ? '' : shown(name, value);
    return `${env}=${text.padEnd(Math.max(0, 44 - env.length))} # ${help}`;
  }).join('\n');
}
