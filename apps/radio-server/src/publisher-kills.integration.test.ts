import { hash } from 'node:crypto';
import { mkdir, mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { formatIndex } from '@bucket-radio/manifest';
import { StationListener, seededRandom } from '@bucket-radio/testing';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type StationProcess, StationRunner } from './testing/station-process.ts';
import { openBucket } from './verify/source.ts';
import { verifyBucket } from './verify/verify.ts';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** 200 at scale 67. */
const KILLS = Math.max(3, Math.round(3 * SCALE));
/** Stations that are killed at the same time, each with a bucket of its own: they sleep most of the time. */
const STATIONS = Math.min(4, Math.ceil(KILLS / 10));
const SEGMENT_MS = 1000;
const WINDOW = 4;
/** Nothing is an orphan that left the window less than a minute ago, or is younger: so much more is played in the end. */
const ORPHANED_AFTER_SEGMENTS = 60 + WINDOW + 4;
const HOUR_MS = 3_600_000;
/** Half of the kills come within so long before or after a segment is due. */
const AIM_MS = 80;
const FIRST_TONE_HZ = 300;
/** What others keep in the same bucket, beside and among what is ours. */
const FOREIGN = ['notes.txt', 'live/cover.jpg', 'live/00000001.mp4', 'other/live/manifest.json'];
/** What a station of long ago left. */
const ORPHAN = 'live/01K9AAAAAAAAAAAAAAAAAAAAAA/hq/00000007.mp4';

const runner = new StationRunner();
let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'kills-'));
});
afterAll(async () => {
  await runner.cleanUp();
  await rm(directory, { recursive: true, force: true });
});

/** A station that is killed again and again; what it leaves is looked at each time. */
class Victim {
  readonly listener = new StationListener();
  readonly #random: () => number;
  readonly #data: string;
  readonly #bucket: string;
  segmentsVerified = 0;
  #runs = 0;

  constructor(number: number) {
    this.#random = seededRandom(SEED * 100 + number);
    this.#data = join(directory, String(number));
    this.#bucket = join(this.#data, 'bucket');
  }

  async start(...args: readonly string[]): Promise<StationProcess> {
    const always = ['--segment-seconds', '1', '--window-segments', String(WINDOW), '--archive', 'off'];
    // Another sound each time: a key that one run takes from another would hold other bytes.
    const source = ['--source', `tone:${FIRST_TONE_HZ + this.#runs++}`];
    return await runner.run(['start', ...source, ...always, ...args], { RADIO_DATA_DIR: this.#data });
  }

  async writeObject(key: string): Promise<void> {
    await mkdir(dirname(join(this.#bucket, key)), { recursive: true });
    await writeFile(join(this.#bucket, key), key);
  }

  async readObjects(keys: readonly string[]): Promise<string[]> {
    return await Promise.all(keys.map(async (key) => await readFile(join(this.#bucket, key), 'utf8')));
  }

  /** On air again, everything as `radio verify` wants it, and dead. */
  async restartAndKill(): Promise<void> {
    const station = await this.start();
    await station.waitFor('published in');
    const publishedMs = performance.now();
    const report = await verifyBucket(await openBucket(station.liveUrl));
    expect(report.differences).toEqual([]);
    this.segmentsVerified += report.segments.length;
    await delay(this.#untilKillMs(publishedMs));
    station.kill('SIGKILL');
    await station.ended;
    await this.look();
  }

  /** Anywhere in a segment or, every other time, around the moment in which the next is published. */
  #untilKillMs(publishedMs: number): number {
    const sinceMs = performance.now() - publishedMs;
    if (this.#random() < 0.5) return this.#random() * SEGMENT_MS;
    return SEGMENT_MS - ((sinceMs + AIM_MS) % SEGMENT_MS) + 2 * AIM_MS * this.#random();
  }

  /** What a listener finds, checked against every promise. */
  async look(): Promise<ReadonlyMap<string, string>> {
    const live = join(this.#bucket, 'live');
    const view = new Map<string, string>();
    for (const entry of await readdir(live, { recursive: true, withFileTypes: true })) {
      const path = join(entry.parentPath, entry.name);
      const key = path.slice(live.length + 1);
      if (!entry.isFile()) continue;
      const bytes = await readFile(path);
      // What was in the spool when the last run was killed may be put a second time, the same.
      const isMedia = key.endsWith('.mp4');
      view.set(key, isMedia ? hash('md5', bytes) : bytes.toString());
      if (isMedia) this.listener.written(key, view.get(key) ?? '');
    }
    this.listener.check(view);
    return view;
  }

  /** Makes everything look as if it had been there for hours. */
  async age(): Promise<void> {
    const longAgo = new Date(Date.now() - 3 * HOUR_MS);
    for (const key of (await this.look()).keys()) {
      if (key.endsWith('.mp4')) await utimes(join(this.#bucket, 'live', key), longAgo, longAgo);
    }
  }

  /** Plays on as fast as it goes, and stops as it should. */
  async playOn(segments: number): Promise<void> {
    const station = await this.start('--fast');
    await station.waitFor(`segment ${(this.listener.manifest?.latest ?? 0) + segments}: `);
    station.kill('SIGTERM');
    expect((await station.ended).code).toBe(0);
    await this.look();
  }
}

async function killAgainAndAgain(victim: Victim, kills: number): Promise<void> {
  for (const key of [...FOREIGN, ORPHAN]) await victim.writeObject(key);
  let epoch: string | undefined;
  let latest = -1;
  for (let kill = 0; kill < kills; kill++) {
    await victim.restartAndKill();
    const { manifest, violations } = victim.listener;
    expect(violations).toEqual([]);
    epoch ??= manifest?.epoch;
    expect(manifest).toMatchObject({ live: true, epoch });
    expect(manifest?.latest).toBeGreaterThan(latest);
    latest = manifest?.latest ?? latest;
    expect(manifest?.discontinuities ?? 0).toBe(kill);
  }
  await victim.playOn(ORPHANED_AFTER_SEGMENTS);
  await victim.age();
  await victim.playOn(1);
  const { manifest, violations } = victim.listener;
  expect(violations).toEqual([]);
  expect(manifest).toMatchObject({ live: false, epoch, missing: [], discontinuities: kills + 1 });
  const left = [...(await victim.look()).keys()].filter(
    (key) => key.startsWith('0') && !FOREIGN.includes(`live/${key}`),
  );
  const window = Array.from({ length: WINDOW }, (_, n) => `${formatIndex((manifest?.first ?? 0) + n)}.mp4`);
  const expected = ['hq', 'lq'].flatMap((name) => [...window, 'init.mp4'].map((file) => `${epoch}/${name}/${file}`));
  expect(left.sort()).toEqual(expected.sort());
  expect(await victim.readObjects(FOREIGN)).toEqual(FOREIGN);
}

it(
  `is on air again after each of ${KILLS} kills (seed ${SEED}): verified, nothing goes back, one break each, no orphan stays`,
  async () => {
    const victims = Array.from({ length: STATIONS }, (_, number) => new Victim(number));
    const share = (number: number): number => Math.floor((KILLS + number) / STATIONS);
    await Promise.all(victims.map(async (victim, number) => await killAgainAndAgain(victim, share(number))));
    const segments = victims.reduce((sum, { segmentsVerified }) => sum + segmentsVerified, 0);
    const broken = victims.reduce((sum, { listener }) => sum + listener.violations.length, 0);
    process.stdout.write(
      `${KILLS} kills of ${STATIONS} stations: ${KILLS} times verified (${segments} segments decoded, 0 differences), ` +
        `one break each, 0 orphans, ${FOREIGN.length} foreign objects untouched, ${broken} promises broken\n`,
    );
  },
  180_000 + KILLS * 30_000,
);
