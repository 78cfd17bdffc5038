import { chmod, writeFile } from 'node:fs/promises';

/** What is asked of a device at a time, as of hardware. */
const PERIOD_FRAMES = 3840;

/** What the device does, in JavaScript that runs in a process of its own; `fs` is there. */
export interface StandInArecord {
  /** Declares what the other two use. Runs once, when recording begins. */
  readonly setUp?: string;
  /** An expression: left and right of `frame`, counted from 0, as integers of 24 bit. */
  readonly sample: string;
  /** Runs after each period of 3,840 frames. `lose(frames, told)` drops frames, and says so as arecord does if `told`. */
  readonly afterPeriod: string;
}

/**
 * Writes a program that takes arecord's arguments and records S32_LE in real time, 80 ms at a time, the way a device does
 * that goes on whether anybody reads or not: frames that are lost pass unheard, and its clock stays true.
 */
export async function writeStandInArecord(path: string, device: StandInArecord): Promise<void> {
  await writeFile(path, program(device));
  await chmod(path, 0o755);
}

function program({ setUp = '', sample, afterPeriod }: StandInArecord): string {
  return `#!${process.execPath}
const fs = require('node:fs');
const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const channels = Number(arg('-c'));
let frame = 0;
const write = (frames) => {
  const data = Buffer.alloc(frames * channels * 4);
  for (let at = 0; at < data.length; at += channels * 4, frame++) {
    const [left, right] = ${sample};
    data.writeInt32LE((left << 8) | 0, at);
    data.writeInt32LE((right << 8) | 0, at + 4);
  }
  for (let done = 0; done < data.length; ) {
    try { done += fs.writeSync(1, data, done); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
};
if (process.argv.includes('-s')) { write(Number(arg('-s'))); process.exit(0); }
const lose = (frames, told) => {
  frame += frames;
  if (told) fs.writeSync(2, 'overrun!!! (at least ' + (frames / 48).toFixed(3) + ' ms long)\\n');
};
const startMs = performance.now();
${setUp}
const next = () => {
  write(${PERIOD_FRAMES});
  ${afterPeriod}
  setTimeout(next, Math.max(0, startMs + (frame + ${PERIOD_FRAMES}) / 48 - performance.now()));
};
setTimeout(next, 80);
`;
}
