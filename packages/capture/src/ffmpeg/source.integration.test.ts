import { execFileSync } from 'node:child_process';
import { chmodSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { packS24le, unpackS24le } from '@bucket-radio/pcm';
import { findBinary, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open.ts';

const FRAMES = 20_001;

/** Seeded noise over the whole range of `bits`: every rounding, scaling or dither would show. */
function noise(samples: number, bits: number): Int32Array {
  let state = 12_345;
  return Int32Array.from({ length: samples }, () => {
    state = (Math.imul(state, 1_103_515_245) + 12_345) | 0;
    return state >> (32 - bits);
  });
}

/** Decodes everything, at full speed. */
async function decode(
  spec: string,
  startFrame = 0,
): Promise<{ samples: Int32Array; positions: number[]; frames: number[] }> {
  const source = await openSource(spec, { fast: true });
  const pieces: Uint8Array[] = [];
  const positions: number[] = [];
  const frames: number[] = [];
  for await (const chunk of source.chunks({ startFrame, signal: new AbortController().signal })) {
    pieces.push(chunk.data);
    positions.push(chunk.position);
    frames.push(chunk.frames);
  }
  return { samples: unpackS24le(new Uint8Array(Buffer.concat(pieces))), positions, frames };
}

describe.skipIf(!serviceOrSkip('ffmpeg').available)('an ffmpeg source', () => {
  let directory = '';
  const path = (name: string): string => join(directory, name);
  const ffmpeg = (...args: string[]): void => {
    execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...args], { stdio: ['ignore', 'ignore', 'inherit'] });
  };

  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'capture-ffmpeg-'));
    writeFileSync(path('stereo24.raw'), packS24le(noise(FRAMES * 2, 24)));
    writeFileSync(path('mono24.raw'), packS24le(noise(FRAMES, 24)));
    writeFileSync(path('stereo16.raw'), new Uint8Array(Int16Array.from(noise(FRAMES * 2, 16)).buffer));
    const raw24 = ['-f', 's24le', '-ar', '48000', '-ac', '2', '-i', path('stereo24.raw')];
    ffmpeg(...raw24, '-c:a', 'pcm_s24le', path('a name: with, odd "parts".wav'));
    ffmpeg(...raw24, '-c:a', 'flac', '-sample_fmt', 's32', '-bits_per_raw_sample', '24', path('stereo24.flac'));
    ffmpeg('-f', 's16le', '-ar', '48000', '-ac', '2', '-i', path('stereo16.raw'), path('stereo16.flac'));
    ffmpeg(
      '-f',
      's24le',
      '-ar',
      '48000',
      '-ac',
      '1',
      '-i',
      path('mono24.raw'),
      '-c:a',
      'pcm_s24le',
      path('mono24.wav'),
    );
    // ffmpeg's sine peaks at 1/8 of full scale; its up-mix from mono takes another 3 dB.
    const sine = ['-f', 'lavfi', '-i', 'sine=frequency=1000:duration=2:sample_rate=44100', '-af', 'volume=12dB'];
    ffmpeg(...sine, '-ac', '2', '-sample_fmt', 's16', path('sine44.flac'));
    ffmpeg('-i', path('sine44.flac'), '-ar', '48000', '-b:a', '192k', path('sine48.mp3'));
    ffmpeg('-f', 'lavfi', '-i', 'color=size=16x16:duration=0.2', path('picture.mkv'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test.each([
    ['a name: with, odd "parts".wav', 24],
    ['stereo24.flac', 24],
    ['stereo16.flac', 16],
  ])('%s is captured bit for bit', async (name, bitDepth) => {
    const { info } = await openSource(`ffmpeg:${path(name)}`);
    expect(info).toMatchObject({ kind: 'ffmpeg', name, fidelity: 'bit-perfect', bitDepth, live: false });
    const { samples, positions, frames } = await decode(`ffmpeg:${path(name)}`, 480_000);
    const source = noise(FRAMES * 2, bitDepth);
    expect(samples).toEqual(source.map((value) => value << (24 - bitDepth)));
    expect(positions).toEqual(frames.map((_, index) => 480_000 + index * 1920));
    expect(frames.at(-1)).toBe(FRAMES % 1920);
  });

  test('mono is in both channels, each sample unchanged', async () => {
    const { info } = await openSource(`ffmpeg:${path('mono24.wav')}`);
    expect(info).toMatchObject({ fidelity: 'bit-perfect', detail: expect.stringMatching(/mono in both channels/) });
    const { samples } = await decode(`ffmpeg:${path('mono24.wav')}`);
    const source = noise(FRAMES, 24);
    expect(samples.filter((_, index) => index % 2 === 0)).toEqual(source);
    expect(samples.filter((_, index) => index % 2 === 1)).toEqual(source);
  });

  test.each([
    ['sine44.flac', 96_000, 'resampled to 48000 Hz', 16],
    ['sine48.mp3', 96_000, 'lossy codec', 24],
  ])('%s is converted, keeps its length and level, and says so', async (name, expected, why, bitDepth) => {
    const { info } = await openSource(`ffmpeg:${path(name)}`);
    expect(info).toMatchObject({ fidelity: 'converted', bitDepth, detail: expect.stringContaining(why) });
    const { samples } = await decode(`ffmpeg:${path(name)}`);
    const frames = samples.length / 2;
    expect(Math.abs(frames - expected)).toBeLessThan(2500);
    const middle = samples.subarray(48_000, 96_000);
    const rms = Math.sqrt(middle.reduce((sum, value) => sum + (value / 2 ** 23) ** 2, 0) / middle.length);
    expect(20 * Math.log10(rms)).toBeCloseTo(20 * Math.log10((1 / 8) * 10 ** (12 / 20) * 0.5), 0);
  });

  test('a file that is not audio, and one without sound, are refused', async () => {
    writeFileSync(path('text.txt'), 'hello\n');
    await expect(openSource(`ffmpeg:${path('text.txt')}`)).rejects.toMatchObject({
      code: 'UnsupportedFormat',
      message: expect.stringMatching(/^text\.txt is not audio that ffmpeg can read/),
    });
    await expect(openSource(`ffmpeg:${path('picture.mkv')}`)).rejects.toMatchObject({
      code: 'UnsupportedFormat',
      message: expect.stringMatching(/no audio stream/),
    });
  });

  test('a caller that stops early leaves no ffmpeg behind', async () => {
    const wrapper = path('ffmpeg-with-pid');
    writeFileSync(wrapper, `#!/bin/sh\necho "pid $$" >&2\nexec '${findBinary('ffmpeg')}' "$@"\n`);
    chmodSync(wrapper, 0o755);
    const messages: string[] = [];
    const source = await openSource(`ffmpeg:${path('stereo24.flac')}`, {
      fast: true,
      tools: { ffmpeg: wrapper },
      onMessage: (line) => messages.push(line),
    });
    for await (const chunk of source.chunks({ startFrame: 0, signal: new AbortController().signal })) {
      expect(chunk.frames).toBe(1920);
      break;
    }
    const pid = Number(/pid (\d+)/.exec(messages.join('\n'))?.[1]);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test('a file that is gone when it is read is an error with what ffmpeg said', async () => {
    const name = path('vanishes.flac');
    writeFileSync(name, readFileSync(path('stereo24.flac')));
    const source = await openSource(`ffmpeg:${name}`, { fast: true });
    rmSync(name);
    const reading = (async () => {
      for await (const chunk of source.chunks({ startFrame: 0, signal: new AbortController().signal })) void chunk;
    })();
    await expect(reading).rejects.toMatchObject({
      code: 'SourceFailed',
      message: expect.stringMatching(/No such file or directory/),
    });
  });

  describe('over HTTP', () => {
    let server: Server;
    let base = '';
    beforeAll(async () => {
      server = createServer((request, response) => {
        const authorised = request.headers.authorization === `Basic ${btoa('ann:hunter22')}`;
        if (request.url === '/hangs-up') return void request.socket.destroy();
        if (!authorised) return void response.writeHead(401, { 'www-authenticate': 'Basic realm="radio"' }).end();
        if (!request.url?.startsWith('/music.flac')) return void response.writeHead(404).end('no');
        response.writeHead(200, { 'content-type': 'audio/flac' }).end(readFileSync(path('stereo24.flac')));
      });
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
      base = `127.0.0.1:${(server.address() as AddressInfo).port}`;
    });
    afterAll(() => server.close());

    test('a protected file is captured bit for bit, and its credentials are shown nowhere', async () => {
      const spec = `ffmpeg:http://ann:hunter22@${base}/music.flac?token=sesame99`;
      const { info } = await openSource(spec);
      expect(info).toMatchObject({
        fidelity: 'bit-perfect',
        name: `http://REDACTED@${base}/music.flac?token=REDACTED`,
      });
      expect(JSON.stringify(info)).not.toMatch(/hunter22|sesame99/);
      expect((await decode(spec)).samples).toEqual(noise(FRAMES * 2, 24));
    });

    test.each([
      ['missing', /404/],
      ['hangs-up', /cannot be opened/],
    ])('%s: the error names the URL without its credentials', async (name, why) => {
      const error = await openSource(`ffmpeg:http://ann:hunter22@${base}/${name}?token=sesame99`).catch(
        (e: unknown) => e,
      );
      expect(error).toMatchObject({ code: 'SourceNotFound', message: expect.stringMatching(why) });
      expect(String(error)).not.toMatch(/hunter22|sesame99/);
    });
  });
});
