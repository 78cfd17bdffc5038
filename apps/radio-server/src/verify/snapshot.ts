import { isDeepStrictEqual } from 'node:util';
import {
  type HourIndex,
  MANIFEST_KEY,
  type Manifest,
  ManifestError,
  PLAYLIST_KEYS,
  parseManifest,
  readHourIndexes,
  withHourIndexes,
} from '@bucket-radio/manifest';
import { manifestSchema } from '@bucket-radio/manifest/schema';
import { checkHeaders, corsNote } from './headers.ts';
import { checkMediaPlaylist, checkMultivariant } from './playlist-check.ts';
import { type Differ, type Difference, VerifyError } from './report.ts';
import type { BucketObject, BucketSource } from './source.ts';
import { type ExpectedSegment, expectedSegments } from './window.ts';

/** docs/format.md, "Manifest". */
const MANIFEST_MAX_BYTES = 2048;

/** The mutable objects at one moment. */
export interface Snapshot {
  readonly manifest: Manifest;
  /** The window, oldest first. A run that only a playlist tells of is in `startsRun` too. */
  readonly segments: readonly ExpectedSegment[];
  readonly differences: readonly Difference[];
  readonly notes: readonly string[];
}

/** How long a live station has to make its manifest and its playlists agree: they are separate objects. */
export interface Patience {
  readonly tries: number;
  /** Resolves when it is time for the next try. */
  readonly wait: () => Promise<void>;
}

/**
 * Reads manifest and playlists and compares them. Between two reads a live station may have published: what differs
 * is read again, and only what goes on differing is reported.
 * @throws VerifyError when there is no manifest, or none that can be read
 */
export async function takeSnapshot(source: BucketSource, { tries, wait }: Patience): Promise<Snapshot> {
  for (let left = tries; ; left--) {
    const snapshot = await readOnce(source);
    if (snapshot.differences.length === 0 || !snapshot.manifest.live || left <= 1) return snapshot;
    await wait();
  }
}

/** The manifest as it is now, with the lists of its hours. @throws VerifyError */
export async function readManifest(source: BucketSource): Promise<Manifest> {
  const { manifest } = await readManifestObject(source);
  return withHourIndexes(manifest, await readHours(source, manifest));
}

/** The index objects of a long window. @throws VerifyError when one cannot be used */
async function readHours(source: BucketSource, manifest: Manifest): Promise<HourIndex[]> {
  try {
    return await readHourIndexes(manifest, async (path) => {
      const object = await source.read(path);
      return object && new TextDecoder().decode(object.data);
    });
  } catch (error) {
    if (!(error instanceof ManifestError)) throw error;
    throw new VerifyError(`an hour's index in ${source.location} cannot be used: ${error.message}`, { cause: error });
  }
}

/** What the manifest leaves out must be in the hours, back to the start of the window. */
function checkHours(manifest: Manifest, hours: readonly HourIndex[], differ: Differ): void {
  if (manifest.index === undefined) return;
  const oldest = manifest.previous?.first ?? manifest.first;
  const reached = hours.at(-1)?.first ?? manifest.latest + 1;
  if (reached > oldest && manifest.index.below > oldest) {
    differ('manifest', `the hours go back to segment ${reached}; the window begins at ${oldest}`);
  }
}

async function readManifestObject(source: BucketSource): Promise<{ manifest: Manifest; object: BucketObject }> {
  const object = await source.read(MANIFEST_KEY);
  const where = `${source.location}/${MANIFEST_KEY}`;
  if (object === undefined) throw new VerifyError(`${where} is not there any more`);
  try {
    return { manifest: parseManifest(new TextDecoder().decode(object.data)), object };
  } catch (error) {
    throw new VerifyError(`${where} cannot be used: ${(error as Error).message}`, { cause: error });
  }
}

async function readOnce(source: BucketSource): Promise<Snapshot> {
  const differences: Difference[] = [];
  const notes: string[] = [];
  const differFor =
    (object: string): Differ =>
    (check, message) =>
      differences.push({ check, object, message });
  const { manifest: told, object } = await readManifestObject(source);
  checkManifestObject(told, object, differFor(MANIFEST_KEY));
  const hours = await readHours(source, told);
  checkHours(told, hours, differFor(MANIFEST_KEY));
  const manifest = withHourIndexes(told, hours);
  if (object.headers !== undefined) {
    const note = corsNote(object.headers);
    if (note !== undefined) notes.push(note);
  }
  const segments = expectedSegments(manifest);
  const readText = async (key: string): Promise<string | undefined> => {
    const playlist = await source.read(key);
    if (playlist === undefined) differFor(key)('readable', 'it is not there');
    else if (playlist.headers !== undefined) checkHeaders(key, playlist.headers, differFor(key));
    return playlist && new TextDecoder().decode(playlist.data);
  };
  const index = await readText(PLAYLIST_KEYS.index);
  if (index !== undefined) checkMultivariant(index, manifest, differFor(PLAYLIST_KEYS.index));
  const runs = new Set<number>();
  for (const rendition of manifest.renditions) {
    const key = PLAYLIST_KEYS[rendition.name];
    const text = await readText(key);
    if (text === undefined) continue;
    const note = (line: string) => notes.push(line);
    const told = checkMediaPlaylist(text, { manifest, rendition, segments, differ: differFor(key), note });
    for (const run of told) runs.add(run);
  }
  return {
    manifest,
    segments: segments.map((s) => (runs.has(s.index) ? { ...s, startsRun: true } : s)),
    differences,
    notes,
  };
}

function checkManifestObject(manifest: Manifest, { data, headers }: BucketObject, differ: Differ): void {
  if (headers !== undefined) checkHeaders(MANIFEST_KEY, headers, differ);
  if (data.length > MANIFEST_MAX_BYTES) {
    differ('manifest', `it has ${data.length} bytes; at most ${MANIFEST_MAX_BYTES} are allowed`);
  }
  const strict = manifestSchema.safeParse(JSON.parse(new TextDecoder().decode(data)));
  if (!strict.success) {
    const [issue] = strict.error.issues;
    differ('manifest', `the servers' parser refuses it: ${issue?.path.join('.')}: ${issue?.message}`);
  } else if (!isDeepStrictEqual(strict.data, manifest)) {
    differ('manifest', "the players' and the servers' parser read different things");
  }
  for (const name of ['hq', 'lq'] as const) {
    const count = manifest.renditions.filter((rendition) => rendition.name === name).length;
    if (count !== 1) differ('manifest', `it has ${count} renditions named ${name}; 1 is expected`);
  }
  if (manifest.sampleRate !== 48_000) differ('manifest', `sampleRate is ${manifest.sampleRate}; 48000 is expected`);
  const { previous, first } = manifest;
  if (previous !== undefined && previous.latest + 1 !== first) {
    differ('window', `the window begins at ${first}, but the epoch before ends at ${previous.latest}`);
  }
}
