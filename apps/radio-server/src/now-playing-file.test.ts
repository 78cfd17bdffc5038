import { mkdtemp, rename, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterEach, beforeEach, expect, it, vi } from 'vitest';
import type { Title } from './monitor/feed.ts';
import { parseNowPlaying, watchNowPlaying } from './now-playing-file.ts';

it.each<[string, Title | undefined]>([
  ['', undefined],
  [' \n', undefined],
  ['Nocturne', { title: 'Nocturne' }],
  ['John Field - Nocturne No. 5 - live\nanother line\n', { artist: 'John Field', title: 'Nocturne No. 5 - live' }],
  ['\uFEFFBjörk – Jóga\r\n', { artist: 'Björk', title: 'Jóga' }],
  ['Stop-time', { title: 'Stop-time' }],
  ['{"title":" A ","artist":"B","album":"C","more":1}', { title: 'A', artist: 'B', album: 'C' }],
])('reads %j', (text, title) => {
  expect(parseNowPlaying(text)).toEqual(title);
});

it.each([
  ['{"title":', /no JSON/],
  ['{"artist":"B"}', /"title"/],
  [`A - ${'é'.repeat(101)}`, /title has 202 bytes; at most 200/],
])('refuses %j', (text, message) => {
  expect(() => parseNowPlaying(text)).toThrow(message);
});

let directory = '';
let over = new AbortController();
beforeEach(async () => {
  over = new AbortController();
  directory = await mkdtemp(join(tmpdir(), 'now-playing-'));
});
afterEach(async () => {
  over.abort();
  await rm(directory, { recursive: true, force: true });
});

it('follows a file from before it exists, through replacement, and says each problem once', async () => {
  const file = join(directory, 'now.txt');
  const said: Title[] = [];
  const problems: string[] = [];
  let onAir = false;
  const watching = watchNowPlaying({
    file,
    signal: over.signal,
    onTitle: (title, agoMs) => {
      expect(agoMs).toBeGreaterThanOrEqual(0);
      expect(agoMs).toBeLessThanOrEqual(5000);
      if (onAir) said.push(title);
      return onAir;
    },
    onProblem: (message) => problems.push(message),
  });
  const patience = { timeout: 20_000 };
  await writeFile(file, 'A - One');
  onAir = true;
  await vi.waitFor(() => expect(said).toEqual([{ artist: 'A', title: 'One' }]), patience);
  await writeFile(`${file}.new`, 'B - Two');
  await rename(`${file}.new`, file);
  await vi.waitFor(() => expect(said.at(-1)).toEqual({ artist: 'B', title: 'Two' }), patience);
  await writeFile(file, 'x'.repeat(5000));
  await vi.waitFor(() => expect(problems).toHaveLength(1), patience);
  expect(problems[0]).toMatch(/now\.txt: it has 5000 bytes; at most 4096/);
  await writeFile(file, 'B - Two');
  await writeFile(file, 'C');
  await vi.waitFor(() => expect(said.at(-1)).toEqual({ title: 'C' }), patience);
  expect(said).toHaveLength(3);
  expect(problems).toHaveLength(1);
  over.abort();
  await watching;
}, 90_000);
