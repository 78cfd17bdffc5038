import { copyFile, mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createFlacEncoder } from '@bucket-radio/encoders';
import { music, pcmBlocks, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { verifyRecordings } from './recordings.ts';

let directory: string;
let intact: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'recordings-'));
  const encoder = await createFlacEncoder();
  const frames = pcmBlocks(music(50_000), { segmentFrames: 48_000 }).flatMap((block) => encoder.encode(block));
  const end = encoder.finish();
  intact = join(directory, 'intact.flac');
  const data = [...frames, ...end.frames].map((frame) => frame.data);
  await writeFile(intact, Buffer.concat([encoder.header.subarray(0, 8), end.streamInfo, ...data]));
});
afterAll(async () => await rm(directory, { recursive: true }));

const decoders = [
  { name: 'flac', program: 'flac', skip: !serviceOrSkip('flac').available },
  { name: 'libflac-wasm', program: 'no-such-program', skip: false },
];

describe.each(decoders)('recordings decoded with $name', ({ name, program, skip }) => {
  it.skipIf(skip)('are intact, or say what is wrong', async () => {
    const folder = join(directory, name);
    await mkdir(join(folder, '2026'), { recursive: true });
    await mkdir(join(folder, '.unfinished'));
    const whole = await readFile(intact);
    const write = async (file: string, damage: (data: Buffer) => Buffer): Promise<void> =>
      await writeFile(join(folder, file), damage(Buffer.from(whole)));
    const flip = (offset: number) => (data: Buffer) => {
      data[offset]! ^= 1;
      return data;
    };
    await copyFile(intact, join(folder, '2026/a-good.flac'));
    await write('b-bit.flac', flip(whole.length - 9000));
    await write('c-md5.flac', flip(30));
    await write('d-short.flac', (data) => data.subarray(0, data.length - 5000));
    await write('e-unfinished.flac', (data) => data.fill(0, 26, 42));
    await write('f-other.flac', () => Buffer.from('RIFF'));
    await write('.unfinished/g.flac', flip(100));
    const { recordings, differences } = await verifyRecordings(folder, program);
    expect(recordings.map(({ path, decoder, intact: good }) => [path.slice(folder.length + 1), decoder, good])).toEqual(
      [
        ['2026/a-good.flac', name, true],
        ['b-bit.flac', name, false],
        ['c-md5.flac', name, false],
        ['d-short.flac', name, false],
        ['e-unfinished.flac', name, false],
        ['f-other.flac', name, false],
      ],
    );
    expect(differences.every(({ check, message }) => check === 'recording' && message !== '')).toBe(true);
  });
});

it('a directory that is not there is said in one line', async () => {
  await expect(verifyRecordings('/no/such/recordings')).rejects.toThrow(/^recordings in \/no\/such\/recordings cannot/);
});
