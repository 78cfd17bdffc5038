import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { closeSync, openSync, readSync } from 'node:fs';
import { readdir } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeFlacStream } from '@bucket-radio/encoders';
import { CHANNELS, packS24le } from '@bucket-radio/pcm';
import { type Difference, type RecordingReport, VerifyError } from './report.ts';

/** `fLaC`, a metadata block header, STREAMINFO. */
const HEADER_BYTES = 42;
const TOTAL_OFFSET = 21;
const MD5_OFFSET = 26;

export interface RecordingsReport {
  readonly recordings: readonly RecordingReport[];
  readonly differences: readonly Difference[];
}

/**
 * Decodes every recording below a directory and compares its MD5 and length: with `flac` where it is installed, with our
 * own libFLAC elsewhere. Recordings that are still being written have another name and are left alone.
 * @throws VerifyError when the directory cannot be read
 */
export async function verifyRecordings(directory: string, flac = 'flac'): Promise<RecordingsReport> {
  const decoder = (await hasProgram(flac)) ? 'flac' : 'libflac-wasm';
  const recordings: RecordingReport[] = [];
  const differences: Difference[] = [];
  for (const path of await findRecordings(directory)) {
    const fault = headerFault(path) ?? (decoder === 'flac' ? await testWith(flac, path) : await decode(path));
    recordings.push({ path, decoder, intact: fault === undefined });
    if (fault !== undefined) differences.push({ check: 'recording', object: path, message: fault });
  }
  return { recordings, differences };
}

async function findRecordings(directory: string): Promise<string[]> {
  try {
    const entries = await readdir(directory, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile() && entry.name.endsWith('.flac'))
      .map(({ parentPath, name }) => join(parentPath, name))
      .filter(
        (path) =>
          !path
            .slice(directory.length)
            .split(/[/\\]/)
            .some((part) => part.startsWith('.')),
      )
      .sort();
  } catch (error) {
    throw new VerifyError(`recordings in ${directory} cannot be read: ${(error as Error).message}`, { cause: error });
  }
}

async function hasProgram(program: string): Promise<boolean> {
  const child = spawn(program, ['--version'], { stdio: 'ignore' });
  return await once(child, 'close').then(
    ([code]) => code === 0,
    () => false, // `once` rejects with the child's "error": no such program
  );
}

/** A header that the station never finished: nothing to compare with. */
function headerFault(path: string): string | undefined {
  const { bytes } = readHeader(path);
  if (bytes.length < HEADER_BYTES || bytes.toString('latin1', 0, 4) !== 'fLaC') return 'it is not a FLAC file';
  if (bytes.subarray(MD5_OFFSET).every((byte) => byte === 0)) return 'it was never finished: STREAMINFO has no MD5';
  return undefined;
}

function readHeader(path: string): { readonly bytes: Buffer; readonly frames: number; readonly md5: string } {
  const file = openSync(path, 'r');
  try {
    const bytes = Buffer.alloc(HEADER_BYTES);
    const read = bytes.subarray(0, readSync(file, bytes, 0, HEADER_BYTES, 0));
    const frames = (bytes.readUInt8(TOTAL_OFFSET) & 0x0f) * 2 ** 32 + bytes.readUInt32BE(TOTAL_OFFSET + 1);
    return { bytes: read, frames, md5: bytes.toString('hex', MD5_OFFSET) };
  } finally {
    closeSync(file);
  }
}

async function testWith(flac: string, path: string): Promise<string | undefined> {
  const child = spawn(flac, ['--test', '--silent', '--warnings-as-errors', '--', path], {
    stdio: ['ignore', 'ignore', 'pipe'],
  });
  let said = '';
  child.stderr.setEncoding('utf8').on('data', (text: string) => {
    said += text;
  });
  const [code] = await once(child, 'close');
  if (code === 0) return undefined;
  return said.trim().replaceAll(/\s+/g, ' ') || `flac ended with ${String(code)}`;
}

async function decode(path: string): Promise<string | undefined> {
  const { frames, md5 } = readHeader(path);
  const hash = createHash('md5');
  let decoded = 0;
  const file = openSync(path, 'r');
  try {
    await decodeFlacStream({
      read: (maxBytes) => {
        const buffer = new Uint8Array(maxBytes);
        return buffer.subarray(0, readSync(file, buffer, 0, maxBytes, null));
      },
      write: (samples) => {
        hash.update(packS24le(samples));
        decoded += samples.length / CHANNELS;
      },
    });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  } finally {
    closeSync(file);
  }
  if (decoded !== frames) return `it decodes to ${decoded} frames; STREAMINFO says ${frames}`;
  const actual = hash.digest('hex');
  return actual === md5 ? undefined : `the MD5 of the decoded PCM is ${actual}; STREAMINFO says ${md5}`;
}
