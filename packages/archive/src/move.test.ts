import { link, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { moveToFinalName } from './move.ts';
import { sidecarPath } from './sidecar.ts';

// A file system without hard links (FAT on a USB disk) is not at hand in a test: its answer is scripted.
vi.mock('node:fs/promises', async (original) => {
  const real = await original<typeof import('node:fs/promises')>();
  return { ...real, link: vi.fn(real.link) };
});

let directory: string;
let staging: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'move-'));
  staging = join(directory, 'recording.flac');
  await writeFile(staging, 'new');
  await writeFile(sidecarPath(staging), 'about the new');
});

afterEach(async () => {
  // Back to the real one.
  vi.mocked(link).mockReset();
  await rm(directory, { recursive: true, force: true });
});

const answer = (code: string) => Object.assign(new Error(`${code}: operation not permitted, link`), { code });
const contents = async (path: string): Promise<string> => await readFile(path, 'utf8');

describe.each([
  ['with hard links', undefined],
  ['without them (EPERM)', 'EPERM'],
  ['without them (ENOTSUP)', 'ENOTSUP'],
])('a finished recording on a file system %s', (_, code) => {
  beforeEach(() => {
    if (code !== undefined) vi.mocked(link).mockRejectedValue(answer(code));
  });

  it('gets its name, and its sidecar with it', async () => {
    const path = await moveToFinalName(directory, '2026/11/25/200000Z', staging);
    expect(path).toBe(join(directory, '2026/11/25/200000Z.flac'));
    expect(await contents(path)).toBe('new');
    expect(await contents(sidecarPath(path))).toBe('about the new');
    expect(await readdir(directory)).toEqual(['2026']);
  });

  it('never replaces one of the same second', async () => {
    const taken = join(directory, '200000Z.flac');
    await writeFile(taken, 'old');
    await writeFile(join(directory, '200000Z-2.flac'), 'second');
    const path = await moveToFinalName(directory, '200000Z', staging);
    expect(path).toBe(join(directory, '200000Z-3.flac'));
    expect([await contents(taken), await contents(path)]).toEqual(['old', 'new']);
  });

  it('leaves the name of one that is in cold storage already alone: its sidecar stayed', async () => {
    await writeFile(sidecarPath(join(directory, '200000Z.flac')), 'about the old');
    const path = await moveToFinalName(directory, '200000Z', staging);
    expect(path).toBe(join(directory, '200000Z-2.flac'));
    expect(await contents(sidecarPath(join(directory, '200000Z.flac')))).toBe('about the old');
  });
});

it('a recording stays where it is, whole, when its name is refused for another reason', async () => {
  vi.mocked(link).mockRejectedValue(answer('EACCES'));
  await expect(moveToFinalName(directory, '200000Z', staging)).rejects.toMatchObject({ code: 'EACCES' });
  expect(await contents(staging)).toBe('new');
  expect(await readdir(directory)).not.toContain('200000Z.flac');
});

it('a recording without a sidecar is moved all the same', async () => {
  await rm(sidecarPath(staging));
  const path = await moveToFinalName(directory, '200000Z', staging);
  expect(await contents(path)).toBe('new');
});
