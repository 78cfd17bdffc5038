import { execFileSync } from 'node:child_process';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PcmGap, packS24le, unpackS24le } from '@bucket-radio/pcm';
import { serviceOrSkip, whiteNoise } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open.ts';

/** A WAV header for 16-bit stereo at 48 kHz without an end. */
function endlessWavHeader(): Buffer {
  const header = Buffer.alloc(44);
  header.write('RIFF\xff\xff\xff\xffWAVEfmt ', 0, 'latin1');
  header.writeUInt32LE(16, 16);
  header.writeUInt16LE(1, 20);
  header.writeUInt16LE(2, 22);
  header.writeUInt32LE(48_000, 24);
  header.writeUInt32LE(192_000, 28);
  header.writeUInt16LE(4, 32);
  header.writeUInt16LE(16, 34);
  header.write('data\xff\xff\xff\xff', 36, 'latin1');
  return header;
}

/** Streams sound in real time, after a second of it at once, as stream servers do. */
function startStream(port: number): Promise<Server> {
  const server = createServer((_, response) => {
    response.writeHead(200, { 'content-type': 'audio/wav' });
    response.write(endlessWavHeader());
    const startMs = performance.now();
    let sent = 0;
    const send = (): void => {
      const due = Math.floor(48_000 + (performance.now() - startMs) * 48);
      response.write(Buffer.alloc((due - sent) * 4, 7));
      sent = due;
    };
    send();
    const timer = setInterval(send, 20);
    response.once('close', () => clearInterval(timer));
  });
  return new Promise((resolve) => server.listen(port, '127.0.0.1', () => resolve(server)));
}

function stop(server: Server): Promise<void> {
  return new Promise((resolve) => {
    server.close(() => resolve());
    server.closeAllConnections();
  });
}

describe.skipIf(!serviceOrSkip('ffmpeg').available)('ffmpeg sources without an end', () => {
  let directory = '';
  beforeAll(() => {
    directory = mkdtempSync(join(tmpdir(), 'capture-loop-'));
  });
  afterAll(() => rmSync(directory, { recursive: true }));

  test('a stream survives a restart of its server with one gap', async () => {
    let server = await startStream(0);
    const { port } = server.address() as AddressInfo;
    const messages: string[] = [];
    const source = await openSource(`ffmpeg:http://ann:hunter22@127.0.0.1:${port}/live.wav?token=sesame99`, {
      onMessage: (line) => messages.push(line),
    });
    expect(source.info).toMatchObject({ live: true, fidelity: 'bit-perfect' });
    const abort = new AbortController();
    const gaps: PcmGap[] = [];
    let position = 0;
    let restarted: Promise<void> | undefined;
    let framesAfter = 0;
    for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
      expect(chunk.position).toBe(position);
      position += chunk.frames;
      gaps.push(...(chunk.gaps ?? []));
      if (position > 3 * 48_000) {
        restarted ??= stop(server).then(async () => {
          server = await startStream(port);
        });
      }
      if (gaps.length > 0 && chunk.data.at(-1) === 7) framesAfter += chunk.frames;
      if (framesAfter > 48_000 || position > 30 * 48_000) abort.abort();
    }
    await restarted;
    await stop(server);
    expect(gaps).toHaveLength(1);
    expect(framesAfter).toBeGreaterThan(48_000);
    expect(source.stats().gaps).toBe(1);
    expect(messages.join('\n')).toMatch(/audio is back/);
    expect(messages.join('\n')).not.toMatch(/hunter22|sesame99/);
  });

  test('a device is captured as its format and name say, and no part of either is an option', async () => {
    const source = await openSource('ffmpeg-device:lavfi:sine=frequency=1000:sample_rate=48000');
    expect(source.info).toMatchObject({ kind: 'ffmpeg-device', live: true });
    const abort = new AbortController();
    let frames = 0;
    for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
      frames += chunk.frames;
      if (frames > 48_000) abort.abort();
    }
    expect(source.stats()).toMatchObject({ gaps: 0, frames });
    await expect(openSource('ffmpeg-device:lavfi:-version')).rejects.toMatchObject({ code: 'SourceNotFound' });
  });

  test('a playlist is played for ever without a frame more or less between its files', async () => {
    const lengths = [20_001, 1_919, 9_600];
    const parts = lengths.map((frames, index) => whiteNoise(frames, index + 1));
    for (const [index, samples] of parts.entries()) {
      const raw = join(directory, `${index}.raw`);
      writeFileSync(raw, packS24le(samples));
      const input = ['-f', 's24le', '-ar', '48000', '-ac', '2', '-i', raw];
      const flac = [
        '-c:a',
        'flac',
        '-sample_fmt',
        's32',
        '-bits_per_raw_sample',
        '24',
        join(directory, `${index}.flac`),
      ];
      execFileSync('ffmpeg', ['-nostdin', '-v', 'error', '-y', ...input, ...flac]);
    }
    writeFileSync(join(directory, 'all.m3u'), '#EXTM3U\n0.flac\n1.flac\nmissing.flac\n2.flac\n');
    const messages: string[] = [];
    const source = await openSource(`ffmpeg-loop:${join(directory, 'all.m3u')}`, {
      fast: true,
      onMessage: (line) => messages.push(line),
    });
    expect(source.info).toMatchObject({ kind: 'ffmpeg-loop', fidelity: 'bit-perfect', live: false });
    const round = parts.flatMap((samples) => [...samples]);
    const abort = new AbortController();
    const captured: number[] = [];
    for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
      captured.push(...unpackS24le(chunk.data));
      if (captured.length > 2.5 * round.length) abort.abort();
    }
    expect(captured.findIndex((sample, index) => sample !== round[index % round.length])).toBe(-1);
    expect(messages.filter((line) => /missing\.flac skipped/.test(line)).length).toBeGreaterThanOrEqual(2);
  });

  test('a playlist of which nothing can be played is refused', async () => {
    writeFileSync(join(directory, 'bad.txt'), 'none.flac\n');
    await expect(openSource(`ffmpeg-loop:${join(directory, 'bad.txt')}`)).rejects.toMatchObject({
      code: 'SourceNotFound',
    });
  });
});
