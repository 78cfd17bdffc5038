import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';

const PERIOD_FRAMES = 3840;

/** A sound card that loses samples when it is told to: a program named `arecord`, before the real one on `PATH`. */
export interface StandInCard {
  /** For the process that shall record from it. */
  readonly env: { readonly PATH: string };
  /** The next 80 ms come with this many frames missing before them, and with ALSA's word for it. */
  overrun(frames: number): Promise<void>;
  remove(): Promise<void>;
}

/**
 * Takes arecord's arguments and delivers S32_LE in real time, 80 ms at a time: 997 Hz left, 1499 Hz right, -12 dBFS,
 * 24 bits. Frames of an overrun pass unheard, so the device's clock stays true.
 */
function program(order: string): string {
  return `#!${process.execPath}
const fs = require('node:fs');
const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const channels = Number(arg('-c'));
let frame = 0;
const write = (frames) => {
  const data = Buffer.alloc(frames * channels * 4);
  for (let i = 0; i < frames; i++, frame++) {
    for (let channel = 0; channel < channels; channel++) {
      const turn = (2 * Math.PI * frame * (channel === 0 ? 997 : 1499)) / 48000;
      data.writeInt32LE(Math.round(2 ** 21 * Math.sin(turn)) << 8, (i * channels + channel) * 4);
    }
  }
  for (let done = 0; done < data.length; ) {
    try { done += fs.writeSync(1, data, done); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
};
if (process.argv.includes('-s')) { write(Number(arg('-s'))); process.exit(0); }
const startMs = performance.now();
const order = ${JSON.stringify(order)};
const next = () => {
  if (fs.existsSync(order)) {
    const lost = Number(fs.readFileSync(order, 'utf8'));
    fs.unlinkSync(order);
    frame += lost;
    fs.writeSync(2, 'overrun!!! (at least ' + (lost / 48).toFixed(3) + ' ms long)\\n');
  }
  write(${PERIOD_FRAMES});
  setTimeout(next, Math.max(0, startMs + (frame + ${PERIOD_FRAMES}) / 48 - performance.now()));
};
setTimeout(next, 80);
`;
}

/** Makes one in a directory of its own, until `remove`. */
export async function standInCard(): Promise<StandInCard> {
  const directory = await mkdtemp(join(tmpdir(), 'card-'));
  const order = join(directory, 'overrun');
  const arecord = join(directory, 'arecord');
  await writeFile(arecord, program(order));
  await chmod(arecord, 0o755);
  return {
    env: { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` },
    overrun: async (frames) => await writeFile(order, String(frames)),
    remove: async () => await rm(directory, { recursive: true, force: true }),
  };
}
