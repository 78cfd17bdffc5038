import { type Logger, multistream, pino } from 'pino';
import pretty from 'pino-pretty';
import type { LogTail } from './log-tail.ts';

export type { Logger };

/** Fields that are secret wherever they appear. */
const SECRET_FIELDS = [
  'r2AccessKey',
  'r2SecretKey',
  'archiveAccessKey',
  'archiveSecretKey',
  'tokenSecret',
  'monitorToken',
  'alertWebhook',
  'alertWebhookSecret',
];
const SECRET_PATHS = SECRET_FIELDS.flatMap((name) => [name, `*.${name}`]);
/** A shorter text is a word that stands in innocent lines, too. */
const MIN_SECRET_CHARACTERS = 4;

export interface LogOptions {
  /** Texts that must never be printed, whoever hands them over: the last line of defence. */
  readonly secrets?: readonly string[];
  /** Gets every line, too. */
  readonly tail?: LogTail;
}

interface LineStream {
  write(line: string): void;
}

/** Human lines on a terminal, JSON lines otherwise; both on standard output. */
export function createLogger(level: string, { secrets = [], tail }: LogOptions = {}): Logger {
  const terminal = process.stdout.isTTY;
  const output: LineStream = terminal
    ? pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true })
    : pino.destination(1);
  const redact = { paths: SECRET_PATHS, censor: 'REDACTED' };
  const time = terminal ? {} : { timestamp: pino.stdTimeFunctions.isoTime };
  const clean = createScrubber(secrets);
  const outputs = tail === undefined ? [output] : [output, tail];
  const streams = outputs.map((stream) => ({
    level: 'trace' as const,
    stream: { write: (line: string) => stream.write(clean(line)) },
  }));
  return pino({ level, base: null, redact, ...time }, multistream(streams));
}

/** Replaces every secret in a text, also as JSON and URLs write it. */
export function createScrubber(secrets: readonly string[]): (text: string) => string {
  const long = secrets.filter((secret) => secret.length >= MIN_SECRET_CHARACTERS);
  const spelled = long.flatMap((secret) => [secret, JSON.stringify(secret).slice(1, -1), encodeURIComponent(secret)]);
  const all = [...new Set(spelled)].sort((a, b) => b.length - a.length);
  return (text) => all.reduce((clean, secret) => clean.replaceAll(secret, 'REDACTED'), text);
}
