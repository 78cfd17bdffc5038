import { closeSync, ftruncateSync, openSync, writeSync } from 'node:fs';
import { seededRandom } from '@bucket-radio/testing';

const MIB = 1024 ** 2;

/** A file that takes little room on disk: 4 KiB of noise at the start of each MiB, the same every time. */
export function makeSparseFile(path: string, sizeMb: number): void {
  const file = openSync(path, 'w');
  const random = seededRandom(1);
  for (let mb = 0; mb < sizeMb; mb++) {
    const noise = Uint8Array.from({ length: 4096 }, () => random() * 256);
    writeSync(file, noise, 0, noise.length, mb * MIB);
  }
  ftruncateSync(file, sizeMb * MIB);
  closeSync(file);
}
