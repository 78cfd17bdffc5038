import { createReadStream } from 'node:fs';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Readable } from 'node:stream';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { streamSource } from './stream.ts';

const CHUNK_BYTES = 1_000;
const content = Uint8Array.from({ length: 10_500 }, (_, index) => index % 251);
let directory: string;
let path: string;

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'stream-source-'));
  path = join(directory, 'content');
  await writeFile(path, content);
});

afterAll(() => rm(directory, { recursive: true }));

/** All bytes, read into a buffer that no chunk fits into evenly. */
async function readAll(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const source = streamSource(stream, undefined);
  const pieces: Buffer[] = [];
  const buffer = new Uint8Array(1_700);
  for (let length = 1; length > 0; ) {
    length = await source.fill(buffer);
    pieces.push(Buffer.from(buffer.subarray(0, length)));
  }
  return Buffer.concat(pieces);
}

/** The chunks that a stream gives whoever reads it. */
function watchReads(stream: Readable): Uint8Array[] {
  const chunks: Uint8Array[] = [];
  const read = stream.read.bind(stream);
  stream.read = (size) => {
    const chunk: unknown = read(size);
    if (chunk instanceof Uint8Array) chunks.push(chunk);
    return chunk;
  };
  return chunks;
}

describe('chunks of a stream, once copied', () => {
  it('are given back where the stream of a file made them for us', async () => {
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const chunks = watchReads(stream);
    expect(await readAll(stream)).toEqual(Buffer.from(content));
    expect(chunks.length).toBeGreaterThan(5);
    expect(chunks.map(({ length }) => length)).toEqual(chunks.map(() => 0));
  });

  it('are left to whoever listens as well', async () => {
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const heard: Buffer[] = [];
    stream.on('data', (chunk) => heard.push(Buffer.from(chunk)));
    stream.pause();
    const chunks = watchReads(stream);
    expect(await readAll(stream)).toEqual(Buffer.from(content));
    expect(Buffer.concat(heard)).toEqual(Buffer.from(content));
    expect(chunks.every(({ length }) => length > 0)).toBe(true);
  });

  it('are left to whoever looked at one and put it back', async () => {
    const stream = createReadStream(path, { highWaterMark: CHUNK_BYTES });
    const [first] = await new Promise<[Buffer]>((resolve) => {
      stream.once('readable', () => resolve([stream.read() as Buffer]));
    });
    stream.unshift(first);
    expect(await readAll(stream)).toEqual(Buffer.from(content));
    expect(first).toEqual(Buffer.from(content.subarray(0, first.length)));
  });

  it('are left to a stream that may use them again', async () => {
    const chunk = Buffer.from(content);
    expect(await readAll(Readable.from([chunk]))).toEqual(Buffer.from(content));
    expect(chunk).toEqual(Buffer.from(content));
  });
});
