import { describe, expect, it } from 'vitest';
import { ManifestError } from './error.ts';
import { initKey, segmentTemplate } from './keys.ts';
import { parseManifest } from './parse.ts';
import { manifestSchema } from './schema.ts';
import type { Manifest } from './types.ts';

const epoch = '01K9ZZZZZZZZZZZZZZZZZZZZZZ';
const full: Manifest = {
  version: 1,
  station: 'Night Radio',
  live: true,
  epoch,
  segmentSeconds: 10,
  sampleRate: 48_000,
  first: 40,
  latest: 42,
  latestStart: 1_760_000_000_000.5,
  nextEta: 1_760_000_020_400,
  updatedAt: 1_760_000_010_300,
  fidelity: 'bit-perfect',
  renditions: [
    {
      name: 'hq',
      codec: 'flac',
      mime: 'audio/mp4; codecs="flac"',
      init: initKey(epoch, 'hq'),
      segment: segmentTemplate(epoch, 'hq'),
      bitDepth: 24,
      bitrate: 1_500_000,
    },
    {
      name: 'lq',
      codec: 'opus',
      mime: 'audio/mp4; codecs="opus"',
      init: initKey(epoch, 'lq'),
      segment: segmentTemplate(epoch, 'lq'),
      bitrate: 128_000,
    },
  ],
  breaks: [{ index: 41, frame: 19_680_000, utcMs: 1_760_000_000_000, lostMs: 12.5, reason: 'restart' }],
  gaps: [{ frame: 19_000_000, frames: 480, reason: 'xrun' }],
  missing: [{ rendition: 'hq', index: 41 }],
  nowPlaying: { frame: 19_690_000, title: 'Nocturne', artist: 'Field', album: 'Nights' },
};

/** `full` with one field, at any depth, replaced; `undefined` removes it. */
function withField(path: string, value: unknown): unknown {
  const copy = structuredClone(full) as unknown as Record<string, unknown>;
  const names = path.split('.');
  const last = names.pop() as string;
  const parent = names.reduce((object, name) => object[name] as Record<string, unknown>, copy);
  if (value === undefined) delete parent[last];
  else parent[last] = value;
  return copy;
}

function refusal(json: unknown): ManifestError {
  try {
    parseManifest(json);
  } catch (error) {
    if (error instanceof ManifestError) return error;
    throw error;
  }
  throw new Error(`accepted ${JSON.stringify(json)}`);
}

it('reads a full manifest, parsed or as text, and agrees with the schema for servers', () => {
  expect(parseManifest(full)).toEqual(full);
  expect(parseManifest(JSON.stringify(full))).toEqual(full);
  expect(manifestSchema.parse(full)).toEqual(full);
});

it('ignores unknown fields everywhere', () => {
  const extended = {
    ...full,
    future: { epoch },
    renditions: full.renditions.map((rendition) => ({ ...rendition, loudness: -14 })),
    nowPlaying: { ...full.nowPlaying, cover: 'x' },
  };
  expect(parseManifest(extended)).toEqual(full);
});

it('leaves optional fields out when they are absent', () => {
  const { nowPlaying: _, ...rest } = full;
  expect(parseManifest(rest)).toEqual(rest);
});

it('names an unknown version', () => {
  const error = refusal({ version: 2, anything: true });
  expect(error.code).toBe('UnsupportedVersion');
  expect(error.message).toBe('version is 2; this code reads version 1. Use a newer player');
});

it.each(['', '<!doctype html>', '{"version":1'])('says that %j is not JSON', (text) => {
  expect(refusal(text).code).toBe('NotJson');
});

it.each([null, 42, [], true, undefined, '[]', '"text"'])('refuses %j as a manifest', (json) => {
  expect(refusal(json)).toMatchObject({ code: 'Invalid', field: '' });
});

describe('a bad field', () => {
  it.each<[string, unknown]>([
    ['version', '1'],
    ['station', 5],
    ['station', 'é'.repeat(101)],
    ['live', 'yes'],
    ['epoch', '../../../../secret'],
    ['epoch', epoch.toLowerCase()],
    ['segmentSeconds', 0],
    ['segmentSeconds', 11],
    ['segmentSeconds', 1.5],
    ['sampleRate', 0],
    ['first', -1],
    ['first', 43],
    ['latest', 2 ** 53],
    ['latest', undefined],
    ['latestStart', null],
    ['nextEta', 'soon'],
    ['fidelity', 'perfect'],
    ['renditions', []],
    ['renditions', {}],
    ['renditions.0.name', 'xq'],
    ['renditions.0.codec', 'mp3'],
    ['renditions.0.mime', ''],
    ['renditions.1.bitrate', 1.5],
    ['renditions.0.bitDepth', 0],
    ['breaks', undefined],
    ['breaks.0.lostMs', -1],
    ['gaps.0.reason', 'cat'],
    ['missing.0.index', -1],
    ['nowPlaying', 'Nocturne'],
    ['nowPlaying.title', undefined],
    ['nowPlaying.frame', Number.NaN],
  ])('is named: %s = %j', (path, value) => {
    const error = refusal(withField(path, value));
    expect(error.code).toBe('Invalid');
    expect(error.field).toBe(path.replace(/\.(\d+)/g, '[$1]'));
    expect(error.message).toContain(`${error.field} is `);
    expect(error.message).toContain('; allowed: ');
    expect(manifestSchema.safeParse(withField(path, value)).success).toBe(false);
  });

  it('is quoted in part only when it is long', () => {
    expect(refusal(withField('station', 'x'.repeat(100_000))).message.length).toBeLessThan(200);
  });
});

describe('a path cannot leave the directory of the manifest', () => {
  const paths = [
    'https://evil.example/{index}.mp4',
    'data:audio/mp4,{index}',
    '//evil.example/{index}.mp4',
    '/etc/{index}',
    '../{index}.mp4',
    'a/../../{index}.mp4',
    'a/..',
    '..',
    './{index}.mp4',
    'a//{index}.mp4',
    'a\\..\\{index}.mp4',
    '%2e%2e/{index}.mp4',
    '.\t./{index}.mp4',
    '.\n./{index}.mp4',
    ' /{index}.mp4',
    'a/{index}.mp4?x=1',
    'a/{index}.mp4#x',
    `${'a'.repeat(200)}/{index}.mp4`,
    '',
  ];
  it.each(paths)('%j', (path) => {
    expect(refusal(withField('renditions.0.init', path)).field).toBe('renditions[0].init');
    expect(refusal(withField('renditions.0.segment', path)).field).toBe('renditions[0].segment');
  });

  it('and a segment template has exactly one {index}', () => {
    expect(refusal(withField('renditions.0.segment', 'a/b.mp4')).field).toBe('renditions[0].segment');
    expect(refusal(withField('renditions.0.segment', '{index}/{index}.mp4')).field).toBe('renditions[0].segment');
  });
});
