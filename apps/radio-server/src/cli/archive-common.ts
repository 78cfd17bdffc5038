import { stat } from 'node:fs/promises';
import { ConfigError, readConfigFile, resolveConfig } from '../config/load.ts';
import type { StationConfig } from '../config/settings.ts';

/** What every `radio archive` command takes. */
export interface ArchiveFlags {
  readonly recordingsDir?: string;
}

/** @throws ConfigError */
export function archiveConfig({ recordingsDir }: ArchiveFlags = {}): StationConfig {
  const file = readConfigFile();
  const flags = recordingsDir === undefined ? {} : { recordingsDir };
  return resolveConfig({ flags, env: process.env, ...(file === undefined ? {} : { file }) });
}

/** @throws ConfigError when there is no such directory */
export async function recordingsDirectory(flags: ArchiveFlags): Promise<string> {
  const directory = archiveConfig(flags).recordingsDir;
  const found = await stat(directory).catch(() => undefined);
  if (!found?.isDirectory()) throw new ConfigError([`${directory} is not a directory: give --recordings-dir`]);
  return directory;
}

export function printLine(line: string): void {
  process.stdout.write(`${line}\n`);
}

export function formatInstant(utcMs: number): string {
  return new Date(Math.round(utcMs)).toISOString();
}
