import type { FieldReader } from './reader.ts';
import type { ManifestBreak, ManifestGap, ManifestMissing } from './types.ts';

export const RENDITIONS = ['hq', 'lq'] as const;

export function readBreak(fields: FieldReader): ManifestBreak {
  return {
    index: fields.integer('index'),
    frame: fields.integer('frame'),
    utcMs: fields.number('utcMs'),
    lostMs: fields.number('lostMs', 0),
    reason: fields.text('reason'),
  };
}

export function readGap(fields: FieldReader): ManifestGap {
  return {
    frame: fields.integer('frame'),
    frames: fields.integer('frames'),
    reason: fields.oneOf('reason', ['xrun', 'stall', 'unplug', 'restart']),
  };
}

export function readMissing(fields: FieldReader): ManifestMissing {
  return {
    rendition: fields.oneOf('rendition', RENDITIONS),
    index: fields.integer('index'),
    ...fields.optional('count', () => fields.integer('count', 1)),
  };
}
