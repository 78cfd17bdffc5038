import fc from 'fast-check';
import { expect, it } from 'vitest';
import { initKey, segmentTemplate } from './keys.ts';
import { parseManifest } from './parse.ts';
import { manifestSchema } from './schema.ts';

const EPOCH = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const count = fc.nat({ max: 2 ** 40 });
const text = fc.string({ maxLength: 100, unit: 'grapheme' });

const rendition = fc.constantFrom('hq' as const, 'lq' as const).map((name) => ({
  name,
  codec: name === 'hq' ? 'flac' : 'opus',
  mime: `audio/mp4; codecs="${name === 'hq' ? 'flac' : 'opus'}"`,
  init: initKey(EPOCH, name),
  segment: segmentTemplate(EPOCH, name),
  ...(name === 'hq' ? { bitDepth: 24 } : {}),
  bitrate: 900_000,
}));

const valid = fc.record(
  {
    version: fc.constant(1),
    station: text,
    live: fc.boolean(),
    epoch: fc.constant(EPOCH),
    segmentSeconds: fc.integer({ min: 1, max: 10 }),
    sampleRate: fc.constant(48_000),
    first: fc.nat({ max: 100 }),
    latest: fc.integer({ min: 100, max: 2 ** 40 }),
    latestStart: fc.double({ noNaN: true, noDefaultInfinity: true }),
    nextEta: count,
    updatedAt: count,
    fidelity: fc.constantFrom('bit-perfect', 'converted'),
    renditions: fc.array(rendition, { minLength: 1, maxLength: 3 }),
    breaks: fc.array(fc.record({ index: count, frame: count, utcMs: count, lostMs: count, reason: text }), {
      maxLength: 3,
    }),
    gaps: fc.array(
      fc.record({ frame: count, frames: count, reason: fc.constantFrom('xrun', 'stall', 'unplug', 'restart') }),
      {
        maxLength: 3,
      },
    ),
    missing: fc.array(
      fc.record(
        { rendition: fc.constantFrom('hq', 'lq'), index: count, count: fc.integer({ min: 1, max: 1000 }) },
        { requiredKeys: ['rendition', 'index'] },
      ),
      { maxLength: 3 },
    ),
    previous: fc.record({
      epoch: fc.constant(EPOCH),
      segmentSeconds: fc.integer({ min: 1, max: 10 }),
      first: count,
      latest: count,
      latestStart: count,
    }),
    discontinuities: count,
    writer: fc.constant(EPOCH),
    index: fc.record(
      {
        path: fc.constant(`${EPOCH}/index/{hour}.json`),
        hour: fc.constant('2026112020'),
        epoch: fc.constant(EPOCH),
        below: count,
      },
      { requiredKeys: ['path', 'hour', 'below'] },
    ),
    validUntil: count,
    nowPlaying: fc.record({ frame: count, title: text, artist: text }, { requiredKeys: ['frame', 'title'] }),
  },
  {
    requiredKeys: [
      'version',
      'station',
      'live',
      'epoch',
      'segmentSeconds',
      'sampleRate',
      'first',
      'latest',
      'latestStart',
      'nextEta',
      'updatedAt',
      'fidelity',
      'renditions',
      'breaks',
      'gaps',
      'missing',
    ],
  },
);

/** Values that a field is likely to be wrong by. */
const wrong = fc.oneof(
  fc.constantFrom(
    null,
    '',
    -1,
    0,
    1,
    1.5,
    11,
    2,
    2 ** 53,
    1e300,
    true,
    [],
    {},
    'hq',
    'x'.repeat(300),
    '../up',
    'https://x/y',
    '/abs',
  ),
  fc.constantFrom(
    'a/%2e%2e/b',
    'a//b',
    './a',
    `${EPOCH}/hq/{index}{index}.mp4`,
    `${EPOCH}/hq/no-index.mp4`,
    `${EPOCH}/index/{hour}{hour}.json`,
    '202611202',
    'a\tb',
    'a?b',
    'a#b',
  ),
  fc.jsonValue(),
);

type Json = Record<string, unknown>;

/** Puts `value` at a place chosen by `path`, or takes the place away. */
function mutate(manifest: Json, path: readonly number[], value: unknown, remove: boolean): Json {
  const copy = structuredClone(manifest);
  let node: Json = copy;
  for (;;) {
    const keys = Object.keys(node);
    const key = keys[(path[0] ?? 0) % Math.max(1, keys.length)];
    if (key === undefined) return copy;
    path = path.slice(1);
    const child = node[key];
    if (path.length > 0 && typeof child === 'object' && child !== null && Object.keys(child).length > 0) {
      node = child as Json;
      continue;
    }
    if (remove && !Array.isArray(node)) delete node[key];
    else node[key] = value;
    return copy;
  }
}

function byHand(json: unknown): unknown {
  try {
    return parseManifest(json);
  } catch {
    return undefined;
  }
}

function bySchema(json: unknown): unknown {
  const parsed = manifestSchema.safeParse(json);
  return parsed.success ? parsed.data : undefined;
}

it('both parsers read every valid manifest, to the same value', () => {
  fc.assert(
    fc.property(valid, (manifest) => {
      const json: unknown = JSON.parse(JSON.stringify({ ...manifest, unknownField: 1 }));
      expect(byHand(json)).toEqual(bySchema(json));
      expect(byHand(json)).toBeDefined();
    }),
    { numRuns: 300 },
  );
});

it('both parsers refuse and accept the same damaged manifests', () => {
  fc.assert(
    fc.property(
      valid,
      fc.array(fc.nat({ max: 40 }), { minLength: 1, maxLength: 3 }),
      wrong,
      fc.boolean(),
      (manifest, path, value, remove) => {
        const json: unknown = JSON.parse(JSON.stringify(mutate(manifest, path, value, remove)));
        expect(byHand(json)).toEqual(bySchema(json));
      },
    ),
    { numRuns: 3000 },
  );
});

it('both parsers refuse what is not an object', () => {
  fc.assert(
    fc.property(
      fc.jsonValue().filter((json) => typeof json !== 'string'),
      (json) => {
        expect([byHand(json), bySchema(json)]).toEqual([undefined, undefined]);
      },
    ),
  );
});
