import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { createInterface } from 'node:readline';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createFileStore } from './store.ts';

let directory: string;

beforeEach(async () => {
  directory = await mkdtemp(join(tmpdir(), 'file-store-crash-'));
});

afterEach(async () => {
  await rm(directory, { recursive: true, force: true });
});

/** Puts versions 1, 2, 3… of one object without end, and prints the number of each that has resolved. */
const WRITER = `
  const { createFileStore } = await import(${JSON.stringify(new URL('store.ts', import.meta.url).href)});
  const store = createFileStore({ directory: process.argv[1] });
  for (let version = 1; ; version++) {
    const body = new Uint8Array(1000 + (version % 7) * 40_000).fill(version);
    await store.put('live/x', body, { attributes: { metadata: { version: String(version) } } });
    console.log(version);
  }
`;

it.each([1, 4, 9, 17])('a writer killed after put %i leaves a whole version, no older than that put', async (puts) => {
  const child = spawn(process.execPath, ['--input-type=module', '-e', WRITER, directory], {
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  let resolved = 0;
  for await (const line of createInterface({ input: child.stdout })) {
    resolved = Number(line);
    if (resolved === puts) child.kill('SIGKILL');
  }
  if (child.signalCode === null) await once(child, 'exit');

  const store = createFileStore({ directory });
  const result = await store.get('live/x');
  const bytes = await result.bytes();
  const version = Number(result.attributes.metadata?.['version']);
  expect(version).toBeGreaterThanOrEqual(resolved);
  expect(bytes.length).toBe(1000 + (version % 7) * 40_000);
  expect(bytes.every((byte) => byte === version % 256)).toBe(true);
  await store.put('live/x', bytes, { mode: { update: { etag: result.meta.etag } } });
  await store.delete('live/x');
  expect((await store.list()[Symbol.asyncIterator]().next()).done).toBe(true);
});
