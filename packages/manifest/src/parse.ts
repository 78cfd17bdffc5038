import { ManifestError } from './error.ts';
import { isHourName } from './hour-name.ts';
import { isPathBelow } from './path.ts';
import { RENDITIONS, readBreak, readGap, readMissing } from './read-lists.ts';
import { FieldReader } from './reader.ts';
import {
  MANIFEST_VERSION,
  type Manifest,
  type ManifestIndex,
  type ManifestPrevious,
  type ManifestRendition,
  type NowPlaying,
} from './types.ts';

const ULID = /^[0-7][0-9A-HJKMNP-TV-Z]{25}$/;
const PATH_ALLOWED = 'a path below the manifest, without scheme, leading slash or ".."';

/**
 * Reads a manifest, without dependencies: the browser's parser (servers use `manifest/schema`).
 * Unknown fields are dropped, so that an older player reads a newer manifest of the same version.
 * @param json parsed JSON, or its text
 * @throws ManifestError `NotJson`, `UnsupportedVersion` or `Invalid`
 */
export function parseManifest(json: unknown): Manifest {
  const fields = new FieldReader(typeof json === 'string' ? parseJson(json) : json, '');
  checkVersion(fields);
  const manifest: Manifest = {
    version: MANIFEST_VERSION,
    station: fields.text('station'),
    live: fields.boolean('live'),
    epoch: readEpoch(fields),
    segmentSeconds: fields.integer('segmentSeconds', 1, 10),
    sampleRate: fields.integer('sampleRate', 1),
    first: fields.integer('first'),
    latest: fields.integer('latest'),
    latestStart: fields.number('latestStart'),
    nextEta: fields.number('nextEta'),
    updatedAt: fields.number('updatedAt'),
    fidelity: fields.oneOf('fidelity', ['bit-perfect', 'converted']),
    renditions: fields.list('renditions', readRendition),
    breaks: fields.list('breaks', readBreak),
    gaps: fields.list('gaps', readGap),
    missing: fields.list('missing', readMissing),
    ...fields.optional('nowPlaying', () => fields.object('nowPlaying', readNowPlaying)),
    ...fields.optional('previous', () => fields.object('previous', readPrevious)),
    ...fields.optional('discontinuities', () => fields.integer('discontinuities')),
    ...fields.optional('writer', () => fields.text('writer')),
    ...fields.optional('index', () => fields.object('index', readIndex)),
    ...fields.optional('validUntil', () => fields.number('validUntil')),
  };
  if (manifest.renditions.length === 0) throw fields.refuse('renditions', 'at least one rendition');
  if (manifest.first > manifest.latest) throw fields.refuse('first', `at most latest (${manifest.latest})`);
  return manifest;
}

function readEpoch(fields: FieldReader): string {
  return fields.matching('epoch', (text) => ULID.test(text), 'a ULID');
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch (cause) {
    throw new ManifestError('NotJson', '', 'the manifest is not JSON; is the address right?', { cause });
  }
}

function checkVersion(fields: FieldReader): void {
  const version = fields.integer('version', 1);
  if (version === MANIFEST_VERSION) return;
  const message = `version is ${version}; this code reads version ${MANIFEST_VERSION}. Use a newer player`;
  throw new ManifestError('UnsupportedVersion', 'version', message);
}

function readRendition(fields: FieldReader): ManifestRendition {
  return {
    name: fields.oneOf('name', RENDITIONS),
    codec: fields.oneOf('codec', ['flac', 'opus']),
    mime: fields.matching('mime', (text) => text !== '', 'a MIME type'),
    init: fields.matching('init', isPathBelow, PATH_ALLOWED),
    segment: fields.matching('segment', isSegmentTemplate, `${PATH_ALLOWED}, with one {index}`),
    ...fields.optional('bitDepth', () => fields.integer('bitDepth', 1)),
    bitrate: fields.integer('bitrate'),
  };
}

function isSegmentTemplate(path: string): boolean {
  return isPathBelow(path) && path.split('{index}').length === 2;
}

function readIndex(fields: FieldReader): ManifestIndex {
  return {
    path: fields.matching('path', isIndexTemplate, `${PATH_ALLOWED}, with one {hour}`),
    hour: fields.matching('hour', isHourName, 'yyyymmddhh'),
    ...fields.optional('epoch', () => readEpoch(fields)),
    below: fields.integer('below'),
  };
}

function isIndexTemplate(path: string): boolean {
  return isPathBelow(path) && path.split('{hour}').length === 2;
}

function readPrevious(fields: FieldReader): ManifestPrevious {
  return {
    epoch: readEpoch(fields),
    segmentSeconds: fields.integer('segmentSeconds', 1, 10),
    first: fields.integer('first'),
    latest: fields.integer('latest'),
    latestStart: fields.number('latestStart'),
  };
}

function readNowPlaying(fields: FieldReader): NowPlaying {
  return {
    frame: fields.integer('frame'),
    title: fields.text('title'),
    ...fields.optional('artist', () => fields.text('artist')),
    ...fields.optional('album', () => fields.text('album')),
  };
}
