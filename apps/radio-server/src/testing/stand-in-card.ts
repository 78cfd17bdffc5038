import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { writeStandInArecord } from '@bucket-radio/testing';

/** A sound card that loses samples when it is told to: a program named `arecord`, before the real one on `PATH`. */
export interface StandInCard {
  /** For the process that shall record from it. */
  readonly env: { readonly PATH: string };
  /** So many frames go missing after the next 80 ms, with ALSA's word for it. */
  overrun(frames: number): Promise<void>;
  remove(): Promise<void>;
}

/** Makes one in a directory of its own, until `remove`: 997 Hz left, 1499 Hz right, -12 dBFS, 24 bits. */
export async function standInCard(): Promise<StandInCard> {
  const directory = await mkdtemp(join(tmpdir(), 'card-'));
  const order = join(directory, 'overrun');
  await writeStandInArecord(join(directory, 'arecord'), {
    setUp: `const order = ${JSON.stringify(order)};`,
    sample: '[997, 1499].map((hz) => Math.round(2 ** 21 * Math.sin((2 * Math.PI * frame * hz) / 48000)))',
    afterPeriod: `if (fs.existsSync(order)) {
    lose(Number(fs.readFileSync(order, 'utf8')), true);
    fs.unlinkSync(order);
  }`,
  });
  return {
    env: { PATH: `${directory}${delimiter}${process.env['PATH'] ?? ''}` },
    overrun: async (frames) => await writeFile(order, String(frames)),
    remove: async () => await rm(directory, { recursive: true, force: true }),
  };
}
