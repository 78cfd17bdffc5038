import type { Manifest, NowPlaying } from '@bucket-radio/manifest';
import { parseStationKey } from '@bucket-radio/manifest';
import { isObjectStoreError, type ObjectStore } from '@bucket-radio/object-store';
import { ulid } from 'ulid';
import { type PublisherClock, systemClock } from './clock.ts';
import { PublisherError } from './error.ts';
import { readManifest, staleMs } from './fence.ts';
import { type PublisherState, readState, withStart } from './journal.ts';

/** Where a run starts: decided before the first frame is captured, because it numbers the frames. */
export interface RunPlan {
  readonly epoch: string;
  /** Index of the first segment of this run: it starts at frame `firstIndex × F`. */
  readonly firstIndex: number;
  /** First index of the epoch: `firstIndex`, unless the epoch is continued. */
  readonly epochFirstIndex: number;
  /** First indices of recent runs, this one included: a break lies before each. */
  readonly starts: readonly number[];
  /** Name of this run. */
  readonly writer: string;
  /** Names of the runs before, whose manifest may be replaced. */
  readonly lastWriters: readonly string[];
  /** What was heard when the run before ended. */
  readonly nowPlaying?: NowPlaying;
  /** Why it is this epoch, for the log. */
  readonly reason: 'first start' | 'continued' | 'parameters changed' | 'state lost' | 'takeover';
}

export interface PlanRunOptions {
  /** Scoped to the station's prefix. */
  readonly store: ObjectStore;
  /** The state file of the runs before; without one, every run starts a new epoch. */
  readonly stateFile?: string;
  readonly segmentSeconds: number;
  /** What the init segments say, in words. */
  readonly codecs: string;
  /** Wait until the encoder that is on air falls silent, then take its place. */
  readonly standby?: boolean;
  readonly clock?: PublisherClock;
  readonly signal?: AbortSignal;
  /** One line for the log, when something makes the start wait or is unusual. */
  readonly onMessage?: (message: string) => void;
}

/** A manifest this much older than the clock needs no watching: no clock that can sign requests is that wrong. */
const LONG_DEAD_MS = 10 * 60_000;
/** A bucket that does not answer within this does not keep a station with a state file from capturing. */
const FIRST_LOOK_MS = 2000;
const WATCH_INTERVAL_MS = 2000;

/**
 * Finds out what an earlier run left and where this one goes on: the same epoch after a restart; a new one when the
 * parameters changed, when the state is lost, or when another encoder's place is taken.
 * @throws PublisherError `OtherWriter` when another encoder is on air; ObjectStoreError when the bucket cannot be read
 *   and there is no state either
 */
export async function planRun(options: PlanRunOptions): Promise<RunPlan> {
  return await new Planner(options).plan();
}

class Planner {
  readonly #options: PlanRunOptions;
  readonly #clock: PublisherClock;
  readonly #signal: AbortSignal;

  constructor(options: PlanRunOptions) {
    this.#options = options;
    this.#clock = options.clock ?? systemClock;
    this.#signal = options.signal ?? new AbortController().signal;
  }

  async plan(): Promise<RunPlan> {
    const state = await this.#readState();
    const found = await this.#look(state);
    if (found === 'unreachable') return this.#continue(state as PublisherState, undefined);
    if (this.#options.standby === true) return this.#newEpoch('takeover', await this.#waitForSilence());
    if (state !== undefined && isOurs(state, found)) return this.#continue(state, found);
    if (found !== undefined && (await this.#isAlive(found))) throw this.#otherWriter(found);
    if (found !== undefined && state !== undefined && found.epoch !== state.epoch)
      return this.#newEpoch('takeover', found);
    return await this.#startOver(found);
  }

  async #readState(): Promise<PublisherState | undefined> {
    const { stateFile, onMessage } = this.#options;
    if (stateFile === undefined) return undefined;
    const state = await readState(stateFile);
    if (state !== 'corrupt') return state;
    onMessage?.(`${stateFile} cannot be read: the station starts a new epoch`);
    return undefined;
  }

  async #look(state: PublisherState | undefined): Promise<Manifest | undefined | 'unreachable'> {
    const { store, onMessage, standby } = this.#options;
    if (state === undefined || standby === true) return (await readManifest(store, this.#signal)).manifest;
    const signal = AbortSignal.any([this.#signal, AbortSignal.timeout(FIRST_LOOK_MS)]);
    try {
      return (await readManifest(store, signal)).manifest;
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!['Unavailable', 'Timeout', 'Throttled', 'Aborted'].some((code) => hasCode(error, code))) throw error;
      onMessage?.(`the bucket does not answer; the station continues from its own state and publishes when it does`);
      return 'unreachable';
    }
  }

  #continue(state: PublisherState, found: Manifest | undefined): RunPlan {
    const { segmentSeconds, codecs } = this.#options;
    const latest = found?.latest ?? -1;
    if (state.segmentSeconds !== segmentSeconds || state.codecs !== codecs) {
      const firstIndex = (found === undefined ? state.lastIndex : latest) + 1;
      return this.#begin('parameters changed', firstIndex, state.writers);
    }
    const firstIndex = Math.max(state.lastIndex, latest) + 1;
    return {
      epoch: state.epoch,
      firstIndex,
      starts: withStart(state.starts, firstIndex),
      epochFirstIndex: state.firstIndex,
      writer: ulid(),
      lastWriters: state.writers,
      ...(state.nowPlaying === undefined ? {} : { nowPlaying: state.nowPlaying }),
      reason: 'continued',
    };
  }

  #newEpoch(reason: RunPlan['reason'], found: Manifest | undefined): RunPlan {
    return this.#begin(
      reason,
      found === undefined ? 0 : found.latest + 1,
      found?.writer === undefined ? [] : [found.writer],
    );
  }

  #begin(reason: RunPlan['reason'], firstIndex: number, lastWriters: readonly string[]): RunPlan {
    const starts = [firstIndex];
    return { epoch: ulid(), firstIndex, epochFirstIndex: firstIndex, starts, writer: ulid(), lastWriters, reason };
  }

  /** Neither state nor manifest, or only a manifest: what is in the bucket tells how far an earlier run came. */
  async #startOver(found: Manifest | undefined): Promise<RunPlan> {
    if (found !== undefined) return this.#newEpoch('state lost', found);
    let highest = -1;
    for await (const { key } of this.#options.store.list({ signal: this.#signal })) {
      const parsed = parseStationKey(key);
      if (parsed?.kind === 'segment') highest = Math.max(highest, parsed.index);
    }
    return this.#begin(highest === -1 ? 'first start' : 'state lost', highest + 1, []);
  }

  /** Whether somebody still writes `seen`: a manifest that says live is watched until it changes or is stale. */
  async #isAlive(seen: Manifest): Promise<boolean> {
    if (!seen.live || this.#clock.utcMs() - seen.nextEta > LONG_DEAD_MS) return false;
    const staleAfterMs = staleMs(seen.segmentSeconds);
    this.#options.onMessage?.(
      `the bucket says that "${seen.station}" is on air from another encoder; watching it for up to ${staleAfterMs / 1000} s`,
    );
    return await this.#changesWithin(seen, staleAfterMs);
  }

  async #changesWithin(seen: Manifest, ms: number): Promise<boolean> {
    const until = this.#clock.monotonicMs() + ms;
    while (this.#clock.monotonicMs() < until) {
      await this.#clock.sleep(WATCH_INTERVAL_MS, this.#signal);
      const now = (await readManifest(this.#options.store, this.#signal)).manifest;
      if (now?.writer !== seen.writer || now?.updatedAt !== seen.updatedAt) return true;
    }
    return false;
  }

  /** @returns the manifest of the encoder that fell silent without saying so */
  async #waitForSilence(): Promise<Manifest> {
    this.#options.onMessage?.('standing by: takes over when the encoder on air falls silent');
    for (;;) {
      const { manifest } = await this.#readPatiently();
      // A station that was stopped on purpose says so, and is left alone.
      if (
        manifest?.live === true &&
        !(await this.#changesWithin(manifest, staleMs(manifest.segmentSeconds)).catch(unreadable))
      ) {
        return manifest;
      }
      await this.#clock.sleep(WATCH_INTERVAL_MS, this.#signal);
    }

    function unreadable(error: unknown): true {
      if (!isObjectStoreError(error) || error.code === 'Aborted') throw error;
      return true;
    }
  }

  async #readPatiently(): Promise<{ readonly manifest: Manifest | undefined }> {
    try {
      return await readManifest(this.#options.store, this.#signal);
    } catch (error) {
      this.#signal.throwIfAborted();
      if (!isObjectStoreError(error)) throw error;
      return { manifest: undefined };
    }
  }

  #otherWriter({ station }: Manifest): PublisherError {
    const { store } = this.#options;
    return new PublisherError(
      'OtherWriter',
      `another encoder publishes "${station}" in ${store.name}: stop it, use another RADIO_PREFIX, or start this one with --standby`,
    );
  }
}

/** The last run that used our state file wrote this, or nobody did. */
function isOurs(state: PublisherState, found: Manifest | undefined): boolean {
  return (
    found === undefined ||
    (found.writer === undefined ? found.epoch === state.epoch : state.writers.includes(found.writer))
  );
}

function hasCode(error: unknown, code: string): boolean {
  return isObjectStoreError(error) && error.code === code;
}
