// A file of its own, loaded by who goes far back in a long window: it imports types only.
import type { Manifest, ManifestBreak, ManifestMissing } from '@bucket-radio/manifest';
import type { FetchLike } from './http.ts';

/** An hour in the worst of hours, in characters. */
const MAX_HOUR_LENGTH = 1_048_576;

/** What a long window's manifest has no room for (docs/format.md, "Hours"). */
type HourLists = Pick<Manifest, 'breaks' | 'missing'>;

/** A window of a week, and a few more for runs that ended within an hour. */
const MAX_HOURS = 400;

interface Hour extends HourLists {
  readonly first: number;
  readonly before: { readonly hour: string; readonly epoch?: string } | undefined;
}

/**
 * Reads hours from the newest one back to the one with segment `downTo`. Whatever cannot be read ends it: what is missing
 * after that, a 404 tells.
 * @returns what adds their lists to a manifest
 */
export async function readHours(
  { fetch, base }: { readonly fetch: FetchLike; readonly base: string },
  manifest: Manifest,
  downTo: number,
  signal: AbortSignal,
): Promise<(manifest: Manifest) => Manifest> {
  const hours: Hour[] = [];
  let { epoch = manifest.epoch, hour: name } = manifest.index ?? { hour: undefined };
  while (name !== undefined && hours.length < MAX_HOURS) {
    const path = manifest.index?.path.replace(manifest.epoch, epoch).replace('{hour}', name) ?? '';
    const response = await fetch(new URL(path, base).href, { cache: 'no-cache', credentials: 'omit', signal });
    const hour = response.ok ? parseHour(await response.text()) : undefined;
    if (hour === undefined || hour.first >= (hours.at(-1)?.first ?? Number.POSITIVE_INFINITY)) break;
    hours.push(hour);
    name = hour.first <= downTo ? undefined : hour.before?.hour;
    epoch = hour.before?.epoch ?? epoch;
  }
  const lists = { breaks: hours.flatMap((hour) => hour.breaks), missing: hours.flatMap((hour) => hour.missing) };
  return (one) => complete(one, lists);
}

function complete(manifest: Manifest, { breaks, missing }: HourLists): Manifest {
  const { below = 0 } = manifest.index ?? {};
  const older = (one: { readonly index: number }): boolean => one.index < below;
  return {
    ...manifest,
    breaks: [...breaks.filter(older), ...manifest.breaks.filter((one) => !older(one))],
    missing: [...missing.filter(older), ...manifest.missing],
  };
}

function parseHour(text: string): Hour | undefined {
  if (text.length > MAX_HOUR_LENGTH) return undefined;
  try {
    const { version, first, breaks, missing, before } = JSON.parse(text) as Record<string, unknown>;
    if (version !== 1 || !isCount(first)) return undefined;
    return {
      first,
      breaks: list(breaks).filter(isBreak),
      missing: list(missing).filter(isMissing),
      before: link(before),
    };
  } catch {
    return undefined;
  }
}

/** Objects only. */
function list(value: unknown): Record<string, unknown>[] {
  return Array.isArray(value) ? value.filter((one) => typeof one === 'object' && one !== null) : [];
}

function isCount(value: unknown): value is number {
  return Number.isSafeInteger(value) && (value as number) >= 0;
}

function isBreak(one: Record<string, unknown>): one is Record<string, unknown> & ManifestBreak {
  return (
    isCount(one['index']) && isCount(one['frame']) && Number.isFinite(one['utcMs']) && Number.isFinite(one['lostMs'])
  );
}

function isMissing(one: Record<string, unknown>): one is Record<string, unknown> & ManifestMissing {
  const known = one['rendition'] === 'hq' || one['rendition'] === 'lq';
  return known && isCount(one['index']) && (one['count'] === undefined || isCount(one['count']));
}

function link(value: unknown): Hour['before'] {
  const { hour, epoch } = (value ?? {}) as Record<string, unknown>;
  if (typeof hour !== 'string' || !/^\d{10}$/.test(hour)) return undefined;
  return typeof epoch === 'string' && /^[0-9A-Z]{26}$/.test(epoch) ? { hour, epoch } : { hour };
}
