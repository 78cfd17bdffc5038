import { setTimeout as sleep } from 'node:timers/promises';
import { isMissing, parseStationKey } from '@bucket-radio/manifest';
import type { RenditionName } from '@bucket-radio/pcm';
import { checkHeaders } from './headers.ts';
import { checkInit, type InitSegment } from './init-check.ts';
import type { Differ, Difference, SegmentReport, VerifyReport } from './report.ts';
import { SegmentVerifier } from './segment-verifier.ts';
import { type Patience, readManifest, type Snapshot, takeSnapshot } from './snapshot.ts';
import type { BucketSource } from './source.ts';
import { type ExpectedSegment, isInWindow } from './window.ts';

/** A live station's manifest and playlists get ten seconds to agree. */
const SETTLE_TRIES = 20;
const SETTLE_MS = 500;

export interface VerifyOptions {
  /** `windowSegments` of the station; the manifest does not tell. Not compared when omitted. */
  readonly windowSegments?: number;
  /** Called once the window is known. */
  readonly onStart?: (snapshot: Snapshot) => void;
  /** Called for each segment when it is done, oldest first. */
  readonly onSegment?: (segment: SegmentReport) => void;
  readonly patience?: Patience;
}

/**
 * Reads everything that a station's manifest names and compares it with docs/format.md, sample by sample.
 * A live station moves on meanwhile: a segment that left the window before it could be read is "left", not a difference.
 * @throws VerifyError when there is nothing to verify
 */
export async function verifyBucket(source: BucketSource, options: VerifyOptions = {}): Promise<VerifyReport> {
  const patience = options.patience ?? { tries: SETTLE_TRIES, wait: async () => await sleep(SETTLE_MS) };
  const snapshot = await takeSnapshot(source, patience);
  options.onStart?.(snapshot);
  const verification = new Verification(source, snapshot);
  const segments: SegmentReport[] = [];
  for await (const segment of verification.segments()) {
    segments.push(segment);
    options.onSegment?.(segment);
  }
  verification.checkWindowSize(options.windowSegments);
  await verification.checkAfterwards();
  const { station, live, epoch, segmentSeconds, latest } = snapshot.manifest;
  const { differences, notes } = verification;
  return {
    location: source.location,
    station,
    live,
    epoch,
    first: snapshot.segments[0]?.index ?? latest,
    latest,
    segmentSeconds,
    decoders: { hq: 'libFLAC (WebAssembly)', lq: 'libopus (WebAssembly)' },
    segments,
    recordings: [],
    differences,
    notes,
    clean: differences.length === 0,
  };
}

class Verification {
  readonly differences: Difference[];
  readonly notes: string[];
  readonly #source: BucketSource;
  readonly #snapshot: Snapshot;
  readonly #inits = new Map<string, InitSegment | undefined>();

  constructor(source: BucketSource, snapshot: Snapshot) {
    this.#source = source;
    this.#snapshot = snapshot;
    this.differences = [...snapshot.differences];
    this.notes = [...snapshot.notes];
  }

  /** Verifies segment by segment: at most two are in memory, however long the window. */
  async *segments(): AsyncGenerator<SegmentReport> {
    const verifier = new SegmentVerifier((object) => this.#differFor(object));
    try {
      for (const expected of this.#snapshot.segments) {
        const names = Object.keys(expected.keys) as RenditionName[];
        const objects = await Promise.all(names.map(async (name) => [name, await this.#read(expected, name)] as const));
        const init = async (name: RenditionName) => await this.#init(expected, name);
        yield await verifier.verify(expected, Object.fromEntries(objects), init);
      }
    } finally {
      verifier.close();
    }
  }

  checkWindowSize(windowSegments: number | undefined): void {
    const { length } = this.#snapshot.segments;
    if (windowSegments === undefined || length === windowSegments) return;
    const message = `the window has ${length} segments; ${windowSegments} are expected`;
    if (length > windowSegments) this.#differFor('manifest.json')('window', message);
    else this.notes.push(`${message} once the station has run that long`);
  }

  /** What can only be seen at the end: that `latest` never went back, and that nothing stayed after a clean stop. */
  async checkAfterwards(): Promise<void> {
    const { manifest, segments } = this.#snapshot;
    const now = await readManifest(this.#source);
    const differ = this.#differFor('manifest.json');
    if (now.epoch === manifest.epoch && now.latest < manifest.latest) {
      differ('window', `latest went back from ${manifest.latest} to ${now.latest}`);
    }
    if (now.live || manifest.live || this.#source.list === undefined) return;
    const named = new Set(segments.flatMap(({ keys }) => Object.values(keys)));
    for (const key of await this.#source.list()) {
      if (parseStationKey(key)?.kind === 'segment' && !named.has(key)) {
        this.#differFor(key)('window', 'it is outside the window, and the station has stopped');
      }
    }
  }

  async #read(expected: ExpectedSegment, name: RenditionName): Promise<Uint8Array | 'missing' | 'left'> {
    if (expected.missing.includes(name)) return 'missing';
    const key = expected.keys[name] ?? '';
    const data = await this.#readObject(key);
    if (data !== undefined) return data;
    // Was it deleted since the manifest was read? A station names what it deletes no longer.
    const now = await readManifest(this.#source);
    if (!isInWindow(now, expected)) return 'left';
    if (now.epoch === expected.epoch && isMissing(now, name, expected.index)) return 'missing';
    const again = await this.#readObject(key);
    if (again !== undefined) return again;
    this.#differFor(key)('readable', 'the manifest names it, but it is not there');
    return 'missing';
  }

  async #readObject(key: string): Promise<Uint8Array | undefined> {
    const object = await this.#source.read(key);
    if (object?.headers !== undefined) checkHeaders(key, object.headers, this.#differFor(key));
    return object?.data;
  }

  async #init(expected: ExpectedSegment, name: RenditionName): Promise<InitSegment | undefined> {
    const key = expected.inits[name] ?? '';
    if (!this.#inits.has(key)) {
      const data = await this.#readObject(key);
      if (data === undefined) this.#differFor(key)('readable', 'the manifest names it, but it is not there');
      this.#inits.set(key, data && checkInit(data, name, this.#differFor(key)));
    }
    return this.#inits.get(key);
  }

  #differFor(object: string): Differ {
    return (check, message) => this.differences.push({ check, object, message });
  }
}
