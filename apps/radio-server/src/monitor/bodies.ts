import { MAX_TEXT_BYTES, utf8Length } from '@bucket-radio/manifest';
import type { Context } from 'hono';
import { bodyLimit } from 'hono/body-limit';
import { z } from 'zod';
import type { Title } from './feed.ts';

/** Largest body of a request, in bytes: three texts and their quotes. */
export const MAX_BODY_BYTES = 4096;
const shortText = z
  .string()
  .trim()
  .refine((text) => utf8Length(text) <= MAX_TEXT_BYTES, `at most ${MAX_TEXT_BYTES} bytes`);

export const titleSchema: z.ZodType<Title> = z.object({
  title: shortText.min(1),
  artist: shortText.exactOptional(),
  album: shortText.exactOptional(),
});

/** Refuses a larger body before it is read. */
export const limitBody = bodyLimit({
  maxSize: MAX_BODY_BYTES,
  onError: (c) => c.text(`at most ${MAX_BODY_BYTES} bytes\n`, 413),
});

/** The body as JSON, checked; `undefined` when it is not what `schema` says. */
export async function readBody<T>(c: Context, schema: z.ZodType<T>): Promise<T | undefined> {
  const json: unknown = await c.req.json().catch(() => undefined);
  const parsed = schema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

/** A form of another site cannot send this type without asking first. */
export function isJson(c: Context): boolean {
  return /^application\/json\s*(;|$)/i.test(c.req.header('Content-Type') ?? '');
}
