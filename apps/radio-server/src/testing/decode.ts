import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Readable } from 'node:stream';

async function collect(stream: Readable): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of stream) chunks.push(chunk as Buffer);
  return Buffer.concat(chunks);
}

/** Runs a program to its end. @throws Error with what it printed when it fails */
export async function run(command: string, args: readonly string[], input?: Uint8Array): Promise<Buffer> {
  const child = spawn(command, args, { stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined); // a program that fails stops reading
  child.stdin.end(input);
  const [stdout, stderr, [code]] = await Promise.all([
    collect(child.stdout),
    collect(child.stderr),
    once(child, 'close'),
  ]);
  if (code !== 0) throw new Error(`${command} ${args.join(' ')} ended with ${code}: ${stderr.toString()}`);
  return stdout;
}

/** What ffmpeg decodes from `input` (a path, a URL, or `-` with `bytes`), as interleaved S24LE. */
export async function decodeWithFfmpeg(
  input: string,
  bytes?: Uint8Array,
  args: readonly string[] = [],
): Promise<Buffer> {
  return await run('ffmpeg', ['-v', 'error', ...args, '-i', input, '-f', 's24le', '-c:a', 'pcm_s24le', '-'], bytes);
}

/** What the reference decoder makes of a FLAC file, as interleaved S24LE; fails on any damage. */
export async function decodeWithFlac(path: string): Promise<Buffer> {
  return await run('flac', [
    '--decode',
    '--silent',
    '--force-raw-format',
    '--endian=little',
    '--sign=signed',
    '--stdout',
    path,
  ]);
}

/** Seeded noise over the whole 24-bit range: no codec guesses it, and every lost or doubled sample shows. */
export function noiseS24le(frames: number, seed: number): Buffer {
  const data = Buffer.alloc(frames * 6);
  let state = seed >>> 0 || 1;
  for (let i = 0; i < data.length; i++) {
    state ^= state << 13;
    state ^= state >>> 17;
    state ^= state << 5;
    data[i] = state >>> 24;
  }
  return data;
}

/** A WAV file of 24-bit stereo at 48 kHz. */
export function wavS24le(data: Uint8Array): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF', 0);
  header.writeUInt32LE(36 + data.length, 4);
  header.write('WAVEfmt ', 8);
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(288_000, 28);
  header.writeUInt16LE(6, 32);
  header.writeUInt16LE(24, 34);
  header.write('data', 36);
  header.writeUInt32LE(data.length, 40);
  return Buffer.concat([header, data]);
}
