import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { resolveInput } from './input.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-input-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

test('a file name that looks like an option or a protocol is only a name', async () => {
  const path = join(directory, '-i concat:x.wav');
  await writeFile(path, '');
  expect(await resolveInput(path)).toMatchObject({ url: `file:${path}`, name: '-i concat:x.wav', network: false });
});

test('a network input cannot open files of this computer', async () => {
  const { options, network } = await resolveInput('https://host/list.m3u8');
  const whitelist = options[options.indexOf('-protocol_whitelist') + 1]?.split(',');
  expect(network).toBe(true);
  expect(whitelist).toContain('tls');
  expect(whitelist).not.toContain('file');
});

test('a network input has a time limit', async () => {
  const { options } = await resolveInput('http://host/x');
  expect(Number(options[options.indexOf('-rw_timeout') + 1])).toBe(10_000_000);
});

test('a missing file and a directory are refused by name', async () => {
  await expect(resolveInput(join(directory, 'no.wav'))).rejects.toMatchObject({
    code: 'SourceNotFound',
    message: expect.stringMatching(/no\.wav cannot be opened: it does not exist/),
  });
  await expect(resolveInput(directory)).rejects.toMatchObject({
    code: 'SourceNotFound',
    message: expect.stringMatching(/is a directory/),
  });
});

test('another scheme is refused, without its password', async () => {
  await expect(resolveInput('gopher://ann:secret@host/x')).rejects.toMatchObject({
    code: 'UnsupportedFormat',
    message: expect.stringMatching(/^gopher:\/\/REDACTED@host\/x: gopher:\/\/ is not supported/),
  });
});
