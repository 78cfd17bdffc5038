import { type ChildProcess, spawn } from 'node:child_process';
import { hash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtemp, readdir, readFile, rm, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { StationListener, seededRandom } from '@bucket-radio/testing';
import { afterEach, beforeEach, expect, it } from 'vitest';

const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const KILLS = Math.max(2, Math.round(8 * SCALE));
const CHILD = new URL('../test/killed-station.ts', import.meta.url).pathname;
const HOUR_MS = 3_600_000;
const T0 = Date.UTC(2026, 10, 20, 20, 0, 0);

let directory = '';
let child: ChildProcess | undefined;
beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'publisher-kill-'));
});
afterEach(async () => {
  if (child?.exitCode === null && child.signalCode === null) child.kill('SIGKILL');
  await rm(directory, { recursive: true, force: true });
});

interface Run {
  readonly child: ChildProcess;
  readonly ended: Promise<unknown>;
  readonly lines: Record<string, unknown>[];
  /** Resolves when a line of this type was printed; rejects when the process ends without. */
  saw(type: string): Promise<Record<string, unknown>>;
}

function start(run: number, segments: number): Run {
  const mode = Number.isFinite(segments) ? 'patient' : 'live';
  const settings = [directory, String(T0 + run * HOUR_MS), String(segments), mode];
  const args = ['--conditions=@bucket-radio/source', CHILD, ...settings];
  const started = spawn(process.execPath, args, { stdio: ['ignore', 'pipe', 'inherit'] });
  child = started;
  const lines: Record<string, unknown>[] = [];
  const ended = once(started, 'close');
  let rest = '';
  let wake: () => void = () => undefined;
  started.stdout.setEncoding('utf8').on('data', (text: string) => {
    const whole = (rest + text).split('\n');
    rest = whole.pop() ?? '';
    lines.push(...whole.map((line) => JSON.parse(line) as Record<string, unknown>));
    wake();
  });
  const saw: Run['saw'] = async (type) => {
    const over = ended.then(() => 'over' as const);
    for (;;) {
      const found = lines.find((line) => line['type'] === type);
      if (found !== undefined) return found;
      const woken = new Promise<void>((resolve) => {
        wake = resolve;
      });
      if ((await Promise.race([woken, over])) === 'over' && !lines.some((line) => line['type'] === type))
        throw new Error(`ended before "${type}": ${JSON.stringify(lines)}`);
    }
  };
  return { child: started, ended, lines, saw };
}

/** What a listener would find, and what identifies every object. */
async function look(listener: StationListener): Promise<Map<string, string>> {
  const bucket = join(directory, 'bucket');
  const view = new Map<string, string>();
  for (const entry of await readdir(bucket, { recursive: true, withFileTypes: true })) {
    const path = join(entry.parentPath, entry.name);
    const key = path.slice(bucket.length + 1);
    if (!entry.isFile() || key.startsWith('.')) continue;
    const bytes = await readFile(path);
    view.set(key, key.endsWith('.mp4') ? hash('md5', bytes) : bytes.toString());
    if (key.endsWith('.mp4')) listener.written(key, view.get(key) ?? '');
  }
  listener.check(view);
  return view;
}

it(
  `continues after each of ${KILLS} kills (seed ${SEED}): no key twice, nothing goes back, one break each, no orphan stays`,
  async () => {
    const random = seededRandom(SEED);
    const listener = new StationListener();
    const epochs = new Set<unknown>();
    let discontinuities = 0;
    await start(0, 5).saw('stopped');
    await look(listener);
    for (let kill = 1; kill <= KILLS; kill++) {
      const run = start(kill, Number.POSITIVE_INFINITY);
      const { epoch, firstIndex } = await run.saw('started');
      epochs.add(epoch);
      expect(firstIndex).toBeGreaterThan(listener.manifest?.latest ?? -1);
      await delay(random() * 400);
      run.child.kill('SIGKILL');
      await run.ended;
      await look(listener);
      const told = listener.manifest?.discontinuities ?? 0;
      // A run that was killed before its segments were heard leaves its break to the next.
      expect([told >= discontinuities, told <= kill]).toEqual([true, true]);
      discontinuities = told;
    }
    expect(epochs.size).toBe(1);
    const foreign = join(directory, 'bucket/notes.txt');
    await writeFile(foreign, 'not ours');
    const before = await look(listener);
    const longAgo = new Date(Date.now() - 3 * HOUR_MS);
    for (const key of before.keys())
      if (key.endsWith('.mp4')) await utimes(join(directory, 'bucket', key), longAgo, longAgo);
    // Long enough for everything the kills left to lie 60 s outside the window.
    const last = start(KILLS + 1, 100);
    await last.saw('stopped');
    await last.ended;
    await start(KILLS + 2, 20).saw('stopped');
    const after = await look(listener);
    expect(listener.violations).toEqual([]);
    expect(listener.manifest).toMatchObject({ live: false });
    const { first = 0, latest = 0 } = listener.manifest ?? {};
    expect(latest - first).toBe(11);
    const indices = [...after.keys()].flatMap((key) => /(\d{8})\.mp4$/.exec(key)?.[1] ?? []).map(Number);
    expect(indices.sort((a, b) => a - b)).toEqual(Array.from({ length: 24 }, (_, n) => first + Math.floor(n / 2)));
    expect(after.has('notes.txt')).toBe(true);
    process.stdout.write(
      `${KILLS} kills: ${latest + 1} segments, ${discontinuities} breaks told, 0 orphans, ${listener.violations.length} promises broken\n`,
    );
  },
  Math.max(60_000, KILLS * 3000),
);
