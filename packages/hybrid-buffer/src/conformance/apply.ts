import { once } from 'node:events';
import type { HybridBuffer } from '../types.ts';
import { poolBytes } from './content.ts';
import type { Model } from './model.ts';
import type { Operation, RangeOperation, ReadOperation, WriteOperation } from './operations.ts';

/** What a step gave, and what the model says it should have. */
export type Outcome = readonly [actual: unknown, expected: unknown];

const decoder = new TextDecoder('utf-8', { ignoreBOM: true });

/** Does one step on both. */
export async function apply(buffer: HybridBuffer, model: Model, operation: Operation): Promise<Outcome> {
  switch (operation.do) {
    case 'write':
    case 'writeText':
    case 'writeFrom':
    case 'nodeWrite':
    case 'webWrite':
    case 'overlap':
      return applyWrite(buffer, model, operation);
    case 'readRange':
    case 'nodeRead':
    case 'webRead':
      return applyRange(buffer, model, operation);
    case 'seek':
      model.position = model.at(operation.to);
      return [await buffer.seek(model.position), undefined];
    case 'truncate': {
      const size = model.at(operation.to);
      model.truncate(size);
      return [await buffer.truncate(size), undefined];
    }
    case 'reset':
      model.truncate(0);
      return [await buffer.reset(), undefined];
    case 'read':
    case 'readInto':
    case 'readByte':
    case 'readLine':
    case 'readUntil':
    case 'bytes':
    case 'text':
    case 'iterate':
      return applyRead(buffer, model, operation);
  }
}

async function applyWrite(buffer: HybridBuffer, model: Model, operation: WriteOperation): Promise<Outcome> {
  if ('sizes' in operation) return applyWrites(buffer, model, operation);
  const bytes = poolBytes(operation.from, operation.size);
  const text = decoder.decode(bytes);
  const written = operation.do === 'write' ? bytes : Buffer.from(text);
  model.append(written);
  return [await buffer.write(operation.do === 'write' ? bytes : text), written.length];
}

async function applyWrites(
  buffer: HybridBuffer,
  model: Model,
  operation: Extract<WriteOperation, { readonly sizes: readonly number[] }>,
): Promise<Outcome> {
  const pieces = operation.sizes.map((size, index) => poolBytes((operation.from + index * 7919) % 65_536, size));
  const before = model.size;
  for (const piece of pieces) model.append(piece);
  switch (operation.do) {
    case 'writeFrom':
      return [await buffer.writeFrom(pieces), model.size - before];
    case 'nodeWrite': {
      const stream = buffer.createWriteStream();
      for (const piece of pieces) stream.write(piece);
      stream.end();
      return [await once(stream, 'finish'), []];
    }
    case 'webWrite':
      return [await ReadableStream.from(pieces).pipeTo(buffer.toWritableStream()), undefined];
    case 'overlap': {
      // None is waited for: each must see exactly what was asked before it.
      const start = Math.floor(operation.start * before);
      const calls = pieces.map((piece) => Promise.all([buffer.write(piece), buffer.readRange(start, model.size)]));
      const seen = (await Promise.all(calls)).map(([, bytes]) => bytes);
      let end = before;
      const expected = pieces.map((piece) => {
        end += piece.length;
        return model.bytes.subarray(start, end);
      });
      return [Buffer.concat(seen), Buffer.concat(expected)];
    }
  }
}

async function applyRange(buffer: HybridBuffer, model: Model, operation: RangeOperation): Promise<Outcome> {
  const { start, end } = model.range(operation.start, operation.end);
  const expected = model.bytes.subarray(start, end);
  if (operation.do === 'readRange') return [await buffer.readRange(start, end), expected];
  const stream =
    operation.do === 'nodeRead' ? buffer.createReadStream({ start, end }) : buffer.toReadableStream({ start, end });
  return [await collect(stream), expected];
}

async function applyRead(buffer: HybridBuffer, model: Model, operation: ReadOperation): Promise<Outcome> {
  switch (operation.do) {
    case 'read': {
      // How many it gives at a time is its own choice, but at least one.
      const bytes = await buffer.read(operation.size);
      if (bytes === undefined || bytes.length === 0)
        return [bytes, model.position === model.size ? undefined : 'bytes'];
      return [bytes, model.take(bytes.length)];
    }
    case 'readInto': {
      const target = new Uint8Array(operation.size);
      return [target.subarray(0, await buffer.readInto(target)), model.take(operation.size)];
    }
    case 'readByte':
      return [await buffer.readByte(), model.take(1)[0]];
    case 'bytes':
      return [await buffer.bytes(), model.take(model.size)];
    case 'text':
      return [await buffer.text(), decoder.decode(model.take(model.size))];
    case 'readUntil':
      return [await buffer.readUntil(operation.delimiter), model.takeUntil(operation.delimiter)];
    case 'readLine': {
      const record = model.takeUntil(10);
      const line =
        record === undefined
          ? undefined
          : Buffer.from(record)
              .toString('utf8')
              .replace(/\r?\n$/, '');
      return [await buffer.readLine(), line];
    }
    case 'iterate': {
      const chunks: Uint8Array[] = [];
      for await (const chunk of buffer) {
        chunks.push(chunk);
        if (chunks.length === operation.chunks) break;
      }
      const bytes = Buffer.concat(chunks);
      return [bytes, model.take(bytes.length)];
    }
  }
}

async function collect(stream: AsyncIterable<Uint8Array>): Promise<Buffer> {
  const chunks: Uint8Array[] = [];
  for await (const chunk of stream) chunks.push(chunk);
  return Buffer.concat(chunks);
}
