import { defaultWindowSegments, MIN_WINDOW_SEGMENTS } from '@bucket-radio/manifest';
import { ulid } from 'ulid';
import type { PublisherOptions } from './types.ts';

type Resolved =
  | 'windowSegments'
  | 'deleteGraceSegments'
  | 'firstIndex'
  | 'epochFirstIndex'
  | 'starts'
  | 'writer'
  | 'lastWriters'
  | 'random';
export type ResolvedOptions = PublisherOptions & Required<Pick<PublisherOptions, Resolved>>;

/** @throws RangeError for a window below 3 segments or a negative grace */
export function resolveOptions(options: PublisherOptions): ResolvedOptions {
  const windowSegments = options.windowSegments ?? defaultWindowSegments(options.segmentSeconds);
  const deleteGraceSegments = options.deleteGraceSegments ?? 1;
  if (!Number.isInteger(windowSegments) || windowSegments < MIN_WINDOW_SEGMENTS) {
    throw new RangeError(`windowSegments is ${windowSegments}; use a whole number from ${MIN_WINDOW_SEGMENTS}`);
  }
  if (!Number.isInteger(deleteGraceSegments) || deleteGraceSegments < 0) {
    throw new RangeError(`deleteGraceSegments is ${deleteGraceSegments}; use a whole number from 0`);
  }
  const firstIndex = options.firstIndex ?? 0;
  return {
    ...options,
    windowSegments,
    deleteGraceSegments,
    firstIndex,
    epochFirstIndex: options.epochFirstIndex ?? firstIndex,
    starts: options.starts ?? [firstIndex],
    writer: options.writer ?? ulid(),
    lastWriters: options.lastWriters ?? [],
    random: options.random ?? Math.random,
  };
}
