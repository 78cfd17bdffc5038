import { openSync, readFileSync, writeSync } from 'node:fs';
import { setTimeout } from 'node:timers/promises';
import { createArchive } from '@bucket-radio/archive';
import { BLOCK_FRAMES } from '@bucket-radio/pcm';

/**
 * Records FLAC frames as a station does, as a process of its own, to be killed:
 * `recorder-child.ts DIRECTORY FRAMES PROGRESS`. FRAMES holds the encoder's header and frames, each behind its length;
 * PROGRESS gets the number of frames handed to the archive, before each is.
 */
const [directory = '', framesFile = '', progressFile = ''] = process.argv.slice(2);
const [header = new Uint8Array(), ...frames] = [...lengthPrefixed(readFileSync(framesFile))];
const progress = openSync(progressFile, 'w');
const BLOCK_MS = 40;
const PAUSE_MS = 1;
let nowMs = 0;
const archive = createArchive({
  directory,
  monotonicMs: () => nowMs,
  onAlarm: (message) => {
    throw new Error(message);
  },
});
archive.begin({ header, utcMs: Date.UTC(2026, 10, 20, 20), firstFrame: 0, station: 'Crash' });
await archive.flush();
for (const [n, data] of frames.entries()) {
  const position = n * BLOCK_FRAMES;
  if (n % 10 === 0) archive.note({ type: 'cue', frame: position, title: `Block ${n}` });
  writeSync(progress, String(n + 1).padStart(8), 0);
  archive.write([{ position, frames: BLOCK_FRAMES, data }]);
  process.stdout.write(`${n + 1}\n`);
  nowMs += BLOCK_MS;
  // A live block comes when the last one is on disk, and some time after.
  await archive.flush();
  await setTimeout(PAUSE_MS);
}
await setTimeout(2 ** 31 - 1); // killed at the latest here

function* lengthPrefixed(bytes: Buffer): Generator<Uint8Array> {
  for (let at = 0; at < bytes.length; ) {
    const length = bytes.readUInt32LE(at);
    yield bytes.subarray(at + 4, at + 4 + length);
    at += 4 + length;
  }
}
