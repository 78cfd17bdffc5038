import { createReadStream, createWriteStream } from 'node:fs';
import { mkdtemp, readdir, rm, stat } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable, Writable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import {
  aes256Gcm,
  brotli,
  chacha20Poly1305,
  createHybridBuffer,
  fileSystem,
  gzip,
  type Middleware,
  memory,
  zstd,
} from '@bucket-radio/hybrid-buffer';

/** One turn of measured runs: `throughput-run.ts MB stream|file|memory|MIDDLEWARE…`. Prints a line of JSON for each. */
const [megabytes = '', ...kinds] = process.argv.slice(2);
const CHUNK_BYTES = 65_536;
const MIB = 1024 ** 2;
const total = Number(megabytes) * MIB;

const MIDDLEWARE: Readonly<Record<string, () => readonly Middleware[]>> = {
  'aes-256-gcm': () => [aes256Gcm()],
  'chacha20-poly1305': () => [chacha20Poly1305()],
  zstd: () => [zstd()],
  'zstd+aes': () => [zstd(), aes256Gcm()],
  gzip: () => [gzip()],
  brotli: () => [brotli()],
};

/** Four MiB, half noise and half text of a log, which compresses about as well as most data. */
function makeData(): Buffer {
  const data = Buffer.alloc(4 * MIB);
  let state = 1;
  for (let at = 0; at < data.length; at++) {
    state = (Math.imul(state, 1_103_515_245) + 12_345) >>> 0;
    data[at] = state >>> 24;
  }
  for (let at = 0; at < data.length; at += 2 * CHUNK_BYTES) {
    let text = '';
    while (text.length < CHUNK_BYTES) {
      text += `2026-11-25T20:00:${String(text.length % 60).padStart(2, '0')} GET /live/${(at + text.length) % 9973}.mp4 200\n`;
    }
    data.write(text.slice(0, CHUNK_BYTES), at, 'latin1');
  }
  return data;
}

const data = makeData();
function* chunks(): Generator<Buffer> {
  for (let at = 0; at < total; at += CHUNK_BYTES) {
    const offset = at % data.length;
    yield data.subarray(offset, offset + CHUNK_BYTES);
  }
}

/** Takes everything, and looks at each chunk. */
function sink(): Writable {
  let sum = 0;
  return new Writable({
    write(chunk: Uint8Array, _encoding, done) {
      sum += chunk[0] ?? 0;
      done();
    },
    final(done) {
      done(Number.isNaN(sum) ? new Error('no bytes') : null);
    },
  });
}

async function storedBytes(directory: string): Promise<number> {
  const names = await readdir(directory);
  const sizes = await Promise.all(names.map(async (name) => (await stat(join(directory, name))).size));
  return sizes.reduce((sum, size) => sum + size, 0);
}

/** @returns MB a second */
async function timed(work: () => Promise<unknown>): Promise<number> {
  const startedAt = performance.now();
  await work();
  return total / MIB / ((performance.now() - startedAt) / 1000);
}

interface Measured {
  readonly writeMbps: number;
  readonly readMbps: number;
  readonly storedRatio: number;
}

async function measureStream(directory: string): Promise<Measured> {
  const path = join(directory, 'plain');
  const writeMbps = await timed(() => pipeline(Readable.from(chunks()), createWriteStream(path)));
  const storedRatio = (await storedBytes(directory)) / total;
  const readMbps = await timed(() => pipeline(createReadStream(path), sink()));
  return { writeMbps, readMbps, storedRatio };
}

async function measureBuffer(directory: string, kind: string): Promise<Measured> {
  const storage = kind === 'memory' ? memory() : fileSystem({ dir: directory });
  await using buffer = createHybridBuffer({ storage, middleware: MIDDLEWARE[kind]?.() ?? [] });
  const writeMbps = await timed(() => pipeline(Readable.from(chunks()), buffer.createWriteStream()));
  const storedRatio = (await storedBytes(directory)) / total;
  const readMbps = await timed(() => pipeline(buffer.createReadStream(), sink()));
  return { writeMbps, readMbps, storedRatio };
}

for (const kind of kinds) {
  const directory = await mkdtemp(join(tmpdir(), 'bench-hybrid-buffer-'));
  const cpuBefore = process.cpuUsage();
  const measured = await (kind === 'stream' ? measureStream(directory) : measureBuffer(directory, kind));
  const { user, system } = process.cpuUsage(cpuBefore);
  await rm(directory, { recursive: true, force: true });
  process.stdout.write(`${JSON.stringify({ kind, ...measured, cpuSeconds: (user + system) / 1e6 })}\n`);
}
