import { mkdir, mkdtemp, readdir, readFile, rename, rm, symlink, utimes, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, describe, expect, it } from 'vitest';
import { listKeys } from '../conformance/api.ts';
import type { ObjectStore } from '../types.ts';
import { stagingDirectory } from './layout.ts';
import { stageObject } from './stage.ts';
import { createFileStore } from './store.ts';

const bytes = (text: string): Uint8Array => new TextEncoder().encode(text);

let parent: string;
let directory: string;
let store: ObjectStore;

beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'file-store-'));
  directory = join(parent, 'bucket');
  store = createFileStore({ directory });
});

afterEach(async () => {
  await rm(parent, { recursive: true, force: true });
});

async function text(key: string): Promise<string> {
  return (await store.get(key)).text();
}

/** Every file below the store's own directory. */
async function ownFiles(): Promise<string[]> {
  const entries = await readdir(join(directory, '.object-store'), { recursive: true, withFileTypes: true });
  return entries.filter((entry) => entry.isFile()).map((entry) => entry.name);
}

describe('file store', () => {
  it('keeps an object as a plain file under its key', async () => {
    await store.put('live/manifest.json', bytes('{}'));
    expect(await readFile(join(directory, 'live/manifest.json'), 'utf8')).toBe('{}');
  });

  it('makes nothing before the first put', async () => {
    await expect(store.get('x')).rejects.toMatchObject({ code: 'NotFound' });
    await store.delete('x');
    expect(await listKeys(store)).toEqual([]);
    expect(await readdir(parent)).toEqual([]);
  });

  it('remembers attributes in a new process', async () => {
    const { etag } = await store.put('x', bytes('one'), { attributes: { contentType: 'audio/mp4' } });
    const again = createFileStore({ directory });
    expect(await again.head('x')).toMatchObject({ etag, attributes: { contentType: 'audio/mp4' } });
  });

  it('leaves one record per object, no staged file and no empty directory', async () => {
    for (const content of ['one', 'two', 'six']) await store.put('a/b/c', bytes(content));
    await store.put('a/d', bytes('x'));
    await expect(store.put('a/d', bytes('y'), { mode: 'create' })).rejects.toMatchObject({ code: 'AlreadyExists' });
    expect(await ownFiles()).toHaveLength(2);
    await store.delete('a/b/c');
    expect(await readdir(join(directory, 'a'))).toEqual(['d']);
    await store.delete('a/d');
    expect(await readdir(directory)).toEqual(['.object-store']);
    expect(await ownFiles()).toEqual([]);
  });

  it('still holds the old object and its attributes when a put dies before its commit', async () => {
    const { etag } = await store.put('x', bytes('old'), { attributes: { contentType: 'text/old' } });
    await stageObject(directory, { key: 'x', etag: '"new"', attributes: { contentType: 'text/new' } }, bytes('new'));
    expect(await text('x')).toBe('old');
    expect(await store.head('x')).toMatchObject({ etag, attributes: { contentType: 'text/old' } });
  });

  it('holds the new object and its attributes when a put dies right after its commit', async () => {
    await store.put('x', bytes('old'), { attributes: { contentType: 'text/old' } });
    const record = { key: 'x', etag: '"new"', attributes: { contentType: 'text/new' } };
    const staged = await stageObject(directory, record, bytes('new'));
    await rename(staged.dataPath, join(directory, 'x'));
    expect(await text('x')).toBe('new');
    expect(await store.head('x')).toMatchObject({ etag: '"new"', attributes: { contentType: 'text/new' } });
  });

  it('gives every version its own stamp, however fast they follow each other', async () => {
    const record = { key: 'x', etag: '"e"', attributes: {} };
    const staged = await Promise.all(Array.from({ length: 40 }, () => stageObject(directory, record, bytes('same'))));
    expect(new Set(staged.map(({ stamp }) => stamp)).size).toBe(40);
  });

  it('removes what a killed process staged an hour ago, and nothing younger', async () => {
    const staging = stagingDirectory(directory);
    await mkdir(staging, { recursive: true });
    await writeFile(join(staging, 'old'), 'x');
    await writeFile(join(staging, 'young'), 'x');
    const now = Date.now();
    await utimes(join(staging, 'old'), (now - 3_700_000) / 1000, (now - 3_700_000) / 1000);
    await createFileStore({ directory, now: () => now }).put('x', bytes('one'));
    expect(await readdir(staging)).toEqual(['young']);
  });

  it('puts into a directory that is being removed as empty', async () => {
    const rounds = Array.from({ length: 30 }, (_, round) => round);
    for (const round of rounds) {
      await store.put('a/b/gone', bytes('x'));
      await Promise.all([store.delete('a/b/gone'), store.put(`a/b/${round}`, bytes(String(round)))]);
      expect(await text(`a/b/${round}`)).toBe(String(round));
      await store.delete(`a/b/${round}`);
    }
  });

  it('refuses keys in its own directory and does not list it', async () => {
    await store.put('x', bytes('one'));
    for (const key of ['.object-store', '.object-store/staging/x', '.Object-Store/x']) {
      await expect(store.put(key, bytes('x'))).rejects.toMatchObject({ code: 'InvalidPath' });
      await expect(store.get(key)).rejects.toMatchObject({ code: 'InvalidPath' });
      await expect(store.delete(key)).rejects.toMatchObject({ code: 'InvalidPath' });
    }
    expect(await listKeys(store, '.object-store')).toEqual([]);
  });

  it('follows no symbolic link, neither to a directory nor to a file', async () => {
    await store.put('a/x', bytes('one'));
    const outside = join(parent, 'outside');
    await mkdir(outside);
    await writeFile(join(outside, 'secret'), 'secret');
    await symlink(outside, join(directory, 'linked'));
    await symlink(join(outside, 'secret'), join(directory, 'alias'));
    await expect(store.get('linked/secret')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(store.get('alias')).rejects.toMatchObject({ code: 'NotFound' });
    await expect(store.put('linked/new', bytes('x'))).rejects.toMatchObject({ code: 'InvalidPath' });
    await store.delete('linked/secret');
    await store.put('alias', bytes('mine'));
    expect(await text('alias')).toBe('mine');
    expect(await readdir(outside)).toEqual(['secret']);
    expect(await readFile(join(outside, 'secret'), 'utf8')).toBe('secret');
    expect(await listKeys(store)).toEqual(['a/x', 'alias']);
  });

  it('may itself be reached through a symbolic link', async () => {
    await mkdir(directory);
    await symlink(directory, join(parent, 'link'));
    const linked = createFileStore({ directory: join(parent, 'link') });
    await linked.put('a/x', bytes('one'));
    expect(await text('a/x')).toBe('one');
    expect(await (await linked.get('a/x')).text()).toBe('one');
  });

  it('shows a file that another program wrote, with an ETag that changes when it does', async () => {
    await mkdir(directory);
    await writeFile(join(directory, 'foreign'), 'one');
    const before = await store.head('foreign');
    expect(before).toMatchObject({ size: 3, attributes: {} });
    await writeFile(join(directory, 'foreign'), 'three');
    const after = await store.head('foreign');
    expect(after.size).toBe(5);
    expect(after.etag).not.toBe(before.etag);
  });

  it('says what is in the way when a key needs a directory where an object is', async () => {
    await store.put('a', bytes('one'));
    await expect(store.put('a/b', bytes('two'))).rejects.toMatchObject({
      code: 'InvalidPath',
      message: expect.stringContaining('key "a/b" cannot be kept in a directory'),
    });
    await store.put('c/d', bytes('two'));
    for (const mode of ['overwrite', 'create'] as const) {
      await expect(store.put('c', bytes('x'), { mode })).rejects.toMatchObject({ code: 'InvalidPath' });
    }
    expect(await ownFiles()).toHaveLength(2);
  });

  it('refuses a segment that the file system cannot name', async () => {
    await expect(store.put('x'.repeat(300), bytes('x'))).rejects.toMatchObject({
      code: 'InvalidPath',
      message: expect.stringContaining('255 bytes between slashes'),
    });
  });

  it('says that a file is in the place of its directory', async () => {
    await writeFile(directory, 'in the way');
    await expect(store.put('x', bytes('one'))).rejects.toMatchObject({
      code: 'Unavailable',
      message: expect.stringContaining(`${directory} is not a directory`),
    });
  });
});
