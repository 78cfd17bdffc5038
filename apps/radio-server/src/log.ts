import { type Logger, pino } from 'pino';
import pretty from 'pino-pretty';

export type { Logger };

/** Fields that are secret wherever they appear. */
const SECRETS = ['r2AccessKey', 'r2SecretKey', 'archiveAccessKey', 'archiveSecretKey', 'tokenSecret'];
const SECRET_PATHS = [...SECRETS, ...SECRETS.map((name) => `*.${name}`)];

/** Human lines on a terminal, JSON lines otherwise; both on standard output. */
export function createLogger(level: string): Logger {
  const options = { level, base: null, redact: { paths: SECRET_PATHS, censor: 'REDACTED' } };
  if (!process.stdout.isTTY) return pino({ ...options, timestamp: pino.stdTimeFunctions.isoTime });
  return pino(options, pretty({ sync: true, translateTime: 'SYS:HH:MM:ss', singleLine: true }));
}
