import { ConfigError } from '../config/load.ts';

const SECONDS: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3600, d: 86_400 };

/**
 * Whole seconds of `90s`, `10m`, `24h` or `7d`.
 * @throws ConfigError for anything else, or outside 1 second to `max` seconds
 */
export function parseDuration(flag: string, text: string, { max }: { readonly max: number }): number {
  const [, digits = '', unit = ''] = /^(\d{1,9})([smhd])$/.exec(text) ?? [];
  const seconds = Number(digits) * (SECONDS[unit] ?? 0);
  if (seconds >= 1 && seconds <= max) return seconds;
  throw new ConfigError([`${flag} is "${text}": use a time from 1s to ${max / 86_400}d, such as 90s, 10m, 24h or 2d`]);
}
