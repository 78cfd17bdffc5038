import { z } from 'zod';
import { isHourName } from './hour-name.ts';
import { isPathBelow } from './path.ts';
import { MAX_TEXT_BYTES, utf8Length } from './text.ts';
import { MANIFEST_VERSION, type Manifest } from './types.ts';

const shortText = z
  .string()
  .refine((text) => utf8Length(text) <= MAX_TEXT_BYTES, `at most ${MAX_TEXT_BYTES} bytes of UTF-8`);
const count = z.number().int().nonnegative().max(Number.MAX_SAFE_INTEGER);
const relativePath = z.string().refine(isPathBelow, 'a path below the manifest');
const rendition = z.enum(['hq', 'lq']);
const ulid = z.string().regex(/^[0-7][0-9A-HJKMNP-TV-Z]{25}$/, 'a ULID');
const wholeSeconds = z.number().int().min(1).max(10);
const gapReason = z.enum(['xrun', 'stall', 'unplug', 'restart']);

/** The manifest for servers: validates, and drops unknown fields. Browsers use `parseManifest`. */
export const manifestSchema: z.ZodType<Manifest> = z
  .object({
    version: z.literal(MANIFEST_VERSION),
    station: shortText,
    live: z.boolean(),
    epoch: ulid,
    segmentSeconds: wholeSeconds,
    sampleRate: z.number().int().positive(),
    first: count,
    latest: count,
    latestStart: z.number(),
    nextEta: z.number(),
    updatedAt: z.number(),
    fidelity: z.enum(['bit-perfect', 'converted']),
    renditions: z
      .array(
        z.object({
          name: rendition,
          codec: z.enum(['flac', 'opus']),
          mime: z.string().min(1),
          init: relativePath,
          segment: relativePath.refine((path) => path.split('{index}').length === 2, 'contains {index} once'),
          bitDepth: z.number().int().positive().exactOptional(),
          bitrate: count,
        }),
      )
      .min(1),
    breaks: z.array(
      z.object({ index: count, frame: count, utcMs: z.number(), lostMs: z.number().nonnegative(), reason: shortText }),
    ),
    gaps: z.array(z.object({ frame: count, frames: count, reason: gapReason })),
    missing: z.array(z.object({ rendition, index: count, count: count.min(1).exactOptional() })),
    nowPlaying: z
      .object({
        frame: count,
        title: shortText,
        artist: shortText.exactOptional(),
        album: shortText.exactOptional(),
      })
      .exactOptional(),
    previous: z
      .object({ epoch: ulid, segmentSeconds: wholeSeconds, first: count, latest: count, latestStart: z.number() })
      .exactOptional(),
    discontinuities: count.exactOptional(),
    index: z
      .object({
        path: relativePath.refine((path) => path.split('{hour}').length === 2, 'contains {hour} once'),
        hour: z.string().refine(isHourName, 'yyyymmddhh'),
        epoch: ulid.exactOptional(),
        below: count,
      })
      .exactOptional(),
    writer: shortText.exactOptional(),
    validUntil: z.number().exactOptional(),
  })
  .refine(({ first, latest }) => first <= latest, { path: ['first'], message: 'at most latest' });
