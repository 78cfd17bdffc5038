import { SAMPLE_RATE } from '@bucket-radio/pcm';
import { pcmBlocks, serviceOrSkip } from '@bucket-radio/testing';
import { describe, expect, test } from 'vitest';
import { SIGNAL_FAULTS } from '../testing/signal-faults.ts';
import { decodeMusic, joined, recordedMusic } from '../testing/signals.ts';
import { type SignalFinding, SignalGuard } from './guard.ts';

const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
/** At full scale (40) the whole of every piece. */
const SECONDS_PER_PIECE = 45 * SCALE;
const PIECES = Math.ceil(SCALE);
const SETTINGS = { silenceDbfs: -65, silenceSeconds: 20, bitDepth: 24 };
/** Lossy files decode to more than full scale, and would really be clipped. */
const HEADROOM_DB = -4;
const GOOD_SECONDS = 6;
const TIMEOUT_MS = 120_000 * Math.max(1, SCALE);

interface Told extends SignalFinding {
  readonly atSecond: number;
}

function listen(samples: Int32Array): Told[] {
  const told: Told[] = [];
  let frames = 0;
  const guard = new SignalGuard(SETTINGS, (finding) => told.push({ ...finding, atSecond: frames / SAMPLE_RATE }));
  for (const block of pcmBlocks(samples, { segmentFrames: SAMPLE_RATE })) {
    frames += block.frames;
    guard.add(block);
  }
  return told;
}

function say(line: string): void {
  if (process.env['PROVE_SCALE'] !== undefined) console.log(`guard ${line}`);
}

const music = recordedMusic();

describe.skipIf(!serviceOrSkip('ffmpeg').available || music.length === 0)('the signal guard and recorded music', () => {
  test('keeps quiet while nothing is wrong', { timeout: TIMEOUT_MS }, async () => {
    let seconds = 0;
    const falseAlarms: string[] = [];
    for (const path of music.slice(0, PIECES)) {
      const samples = await decodeMusic(path, SECONDS_PER_PIECE, 0, HEADROOM_DB);
      seconds += samples.length / 2 / SAMPLE_RATE;
      const alarms = listen(samples).filter(({ state }) => state === 'raised');
      for (const { kind, message, atSecond } of alarms)
        say(`false alarm in ${path} at ${atSecond} s: ${kind}: ${message}`);
      falseAlarms.push(...alarms.map(({ kind }) => `${kind} in ${path}`));
    }
    say(
      `${falseAlarms.length} alarms in ${(seconds / 60).toFixed(1)} minutes of ${Math.min(PIECES, music.length)} pieces`,
    );
    expect(falseAlarms).toEqual([]);
  });

  test('tells every fault by its name, in time', { timeout: TIMEOUT_MS }, async () => {
    for (const path of music.slice(0, PIECES)) {
      const piece = await decodeMusic(path, 60, 20, HEADROOM_DB);
      const cut = (from: number, to: number): Int32Array =>
        piece.subarray(from * SAMPLE_RATE * 2, to * SAMPLE_RATE * 2);
      if (piece.length < 60 * SAMPLE_RATE * 2) continue;
      for (const { name, kind, withinSeconds, seconds, apply } of SIGNAL_FAULTS) {
        const faulty = apply(cut(GOOD_SECONDS, GOOD_SECONDS + seconds));
        const raised = listen(joined(cut(0, GOOD_SECONDS), faulty)).filter(({ state }) => state === 'raised');
        const found = raised.find((each) => each.kind === kind);
        const after = found === undefined ? Number.NaN : found.atSecond - GOOD_SECONDS;
        say(`${kind} | ${name} | ${after.toFixed(1)} s | others: ${raised.length - (found === undefined ? 0 : 1)}`);
        expect(
          raised.map((each) => each.kind),
          `${name} in ${path}`,
        ).toEqual([kind]);
        expect(after, `${name} in ${path}`).toBeLessThanOrEqual(withinSeconds);
      }
    }
  });
});
