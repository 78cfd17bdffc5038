import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parsePlaylist, readPlaylist } from './playlist.ts';

test('lines are files; comments, empty lines and marks are not', () => {
  expect(parsePlaylist('\uFEFF#EXTM3U\r\n#EXTINF:1,x\r\n a b.flac \r\n\r\nsub/c.wav\n')).toEqual([
    'a b.flac',
    'sub/c.wav',
  ]);
});

test('entries are relative to the playlist, and a file is a list of one', async () => {
  const directory = await mkdtemp(join(tmpdir(), 'capture-playlist-'));
  await writeFile(join(directory, 'all.m3u'), 'a.flac\n/b.flac\n');
  expect(await readPlaylist(join(directory, 'all.m3u'))).toEqual([join(directory, 'a.flac'), '/b.flac']);
  expect(await readPlaylist('/x/y.flac')).toEqual(['/x/y.flac']);
  for (const wrong of ['', '# nothing\n', 'http://host/x.mp3\n']) {
    await writeFile(join(directory, 'wrong.txt'), wrong);
    await expect(readPlaylist(join(directory, 'wrong.txt'))).rejects.toMatchObject({ code: 'UnsupportedFormat' });
  }
  await expect(readPlaylist(join(directory, 'none.m3u8'))).rejects.toMatchObject({ code: 'SourceNotFound' });
  await rm(directory, { recursive: true });
});
