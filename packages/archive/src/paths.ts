import { join } from 'node:path';

/** Unfinished recordings, below the archive directory and so on the same filesystem: a rename finishes them. */
export const STAGING_DIRECTORY = '.staging';

function two(value: number): string {
  return String(value).padStart(2, '0');
}

/** `2026/11/20/200000Z` for the UTC label of a recording's first frame. */
export function recordingName(utcMs: number): string {
  const t = new Date(utcMs);
  const day = join(String(t.getUTCFullYear()), two(t.getUTCMonth() + 1), two(t.getUTCDate()));
  return join(day, `${two(t.getUTCHours())}${two(t.getUTCMinutes())}${two(t.getUTCSeconds())}Z`);
}

/** What a file in staging says about itself. */
export interface StagingName {
  /** {@link recordingName} of the finished file. */
  readonly name: string;
  readonly firstFrame: number;
  /** Process that writes it. */
  readonly pid: number;
}

/** `2026-11-20-200000Z-480000-1234.flac`: unique among recordings that start within one second. */
export function stagingName({ name, firstFrame, pid }: StagingName): string {
  return `${name.replaceAll(/[/\\]/g, '-')}-${firstFrame}-${pid}.flac`;
}

/** @returns undefined for a name that {@link stagingName} did not make */
export function parseStagingName(file: string): StagingName | undefined {
  const [, year, month, day, time, firstFrame, pid] =
    /^(\d{4})-(\d{2})-(\d{2})-(\d{6}Z)-(\d+)-(\d+)\.flac$/.exec(file) ?? [];
  if (year === undefined || month === undefined || day === undefined || time === undefined) return undefined;
  return { name: join(year, month, day, time), firstFrame: Number(firstFrame), pid: Number(pid) };
}

/** UTC of the next full hour after `utcMs`: where a recording that contains `utcMs` ends. */
export function nextRotation(utcMs: number): number {
  const HOUR_MS = 3_600_000;
  return (Math.floor(utcMs / HOUR_MS) + 1) * HOUR_MS;
}
