import { rmSync } from 'node:fs';
import { chmod, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { type PcmChunk, type PcmGap, unpackS24le } from '@bucket-radio/pcm';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { openSource } from '../open.ts';
import type { CaptureSource } from '../source.ts';
import type { CaptureStats } from '../stats.ts';

let directory = '';
beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'capture-alsa-'));
});
afterAll(async () => {
  await rm(directory, { recursive: true });
});

/** A program that takes arecord's arguments; `script` sees `format`, `trial` (frames asked for) and `write(frames)`. */
async function standIn(name: string, script: string): Promise<string> {
  const path = join(directory, name);
  const source = `#!${process.execPath}
const arg = (name) => process.argv[process.argv.indexOf(name) + 1];
const format = arg('-f');
const trial = process.argv.includes('-s') ? Number(arg('-s')) : undefined;
const sampleBytes = { S32_LE: 4, S24_3LE: 3, S24_LE: 4, S16_LE: 2 }[format];
const bytes = sampleBytes * Number(arg('-c'));
const fs = require('node:fs');
let next = 0;
const write = (frames, low = 0) => {
  const data = Buffer.alloc(frames * bytes);
  for (let at = 0; at < data.length; at += sampleBytes) {
    const value = next++ % 30000;
    if (sampleBytes === 4) data.writeInt32LE(value * 65536 + low, at);
    else data.writeInt16LE(value, at + sampleBytes - 2);
  }
  for (let done = 0; done < data.length; ) {
    try { done += fs.writeSync(1, data, done); } catch (error) { if (error.code !== 'EAGAIN') throw error; }
  }
};
const say = (line) => fs.writeSync(2, line + '\\n');
const fail = (line) => { say(line); process.exit(1); };
say("Recording raw data 'stdin' : whatever");
(() => {${script}})();
`;
  await writeFile(path, source);
  await chmod(path, 0o755);
  return path;
}

async function openWith(name: string, script: string, messages: string[] = []): Promise<CaptureSource> {
  const arecord = await standIn(name, script);
  return await openSource('alsa:hw:CARD=Test', { tools: { arecord }, onMessage: (line) => messages.push(line) });
}

/** Captures until `enough` says so. */
async function capture(
  source: CaptureSource,
  enough: (chunk: PcmChunk, stats: CaptureStats) => boolean,
): Promise<void> {
  const abort = new AbortController();
  let position = 0;
  for await (const chunk of source.chunks({ startFrame: 0, signal: abort.signal })) {
    expect(chunk.position).toBe(position);
    position += chunk.frames;
    if (enough(chunk, source.stats())) abort.abort();
  }
}

describe('an ALSA source', () => {
  test('takes the best format the device has, and delivers its samples', async () => {
    const source = await openWith(
      's16',
      `
      if (format !== 'S16_LE') fail('arecord: set_params:1349: Sample format non available');
      write(trial ?? 4000);`,
    );
    expect(source.info).toMatchObject({
      kind: 'alsa',
      name: 'hw:CARD=Test',
      fidelity: 'bit-perfect',
      bitDepth: 16,
      live: true,
    });
    const samples: number[] = [];
    let position = 48_000;
    const abort = new AbortController();
    for await (const chunk of source.chunks({ startFrame: 48_000, signal: abort.signal })) {
      expect(chunk.position).toBe(position);
      position += chunk.frames;
      samples.push(...unpackS24le(chunk.data));
      if (samples.length >= 8000) abort.abort();
    }
    expect(samples.slice(0, 8000)).toEqual(Array.from({ length: 8000 }, (_, i) => i * 256));
  });

  test('reports the depth that the driver says', async () => {
    const source = await openWith('msbits', `say('  msbits       : 24'); write(trial);`);
    expect(source.info).toMatchObject({ bitDepth: 24, detail: expect.stringContaining('S32_LE') });
  });

  test('says once that a device uses more than 24 bits', async () => {
    const messages: string[] = [];
    const source = await openWith('deep', `write(trial ?? 5760, 1);`, messages);
    await capture(source, (_, { frames }) => frames >= 5760);
    expect(messages.filter((line) => /more than 24 bits/.test(line))).toHaveLength(1);
  });

  test('passes overruns on, goes on as silence when arecord dies, and is back when the device is', async () => {
    const messages: string[] = [];
    const gone = join(directory, 'is-gone');
    const source = await openWith(
      'dies',
      `
      if (trial) { write(trial); process.exit(0); }
      if (fs.existsSync('${gone}')) fail('arecord: main:831: audio open error: No such device');
      if (fs.existsSync('${gone}.back')) return void setInterval(() => write(3840), 80);
      write(1920); say('overrun!!! (at least 12.3 ms long)'); write(1920);
      fs.writeFileSync('${gone}', '');
      fs.writeFileSync('${gone}.back', '');
      fail('arecord: pcm_read:2221: read error: No such device');`,
      messages,
    );
    const gaps: PcmGap[] = [];
    let back = false;
    await capture(source, (chunk, { frames }) => {
      gaps.push(...(chunk.gaps ?? []));
      if (frames > 48_000 && !back) {
        back = true;
        rmSync(gone);
      }
      return gaps.length > 0;
    });
    expect(gaps).toEqual([{ position: 3840, frames: expect.any(Number), reason: 'unplug' }]);
    expect(gaps[0]?.frames).toBeGreaterThan(40_000);
    expect(source.stats()).toMatchObject({ state: 'ended', xruns: 1, gaps: 1, lostMs: (gaps[0]?.frames ?? 0) / 48 });
    expect(messages).toContain('arecord: overrun!!! (at least 12.3 ms long)');
    expect(messages.join('\n')).toMatch(/stopped delivering: read error: No such device; silence until it is back/);
    expect(messages.filter((line) => /audio open error/.test(line))).toHaveLength(1);
  });

  test('a device that goes quiet is opened again after 500 ms, and the gap is a stall', async () => {
    const messages: string[] = [];
    const again = join(directory, 'again');
    const source = await openWith(
      'quiet',
      `
      if (trial) { write(trial); process.exit(0); }
      if (fs.existsSync('${again}')) return void setInterval(() => write(3840), 80);
      fs.writeFileSync('${again}', '');
      write(3840);
      setInterval(() => undefined, 1000);`,
      messages,
    );
    const gaps: PcmGap[] = [];
    await capture(source, (chunk) => {
      gaps.push(...(chunk.gaps ?? []));
      return gaps.length > 0;
    });
    expect(gaps).toEqual([{ position: 3840, frames: expect.any(Number), reason: 'stall' }]);
    expect(gaps[0]?.frames).toBeGreaterThan(0.5 * 48_000);
    expect(messages.join('\n')).toMatch(/it delivered nothing for \d+ ms; silence until it is back\n.*audio is back/);
  });

  const FOUR_INPUTS = `
      if (Number(arg('-c')) !== 4) {
        say('CHANNELS: 4');
        fail('arecord: set_params:1358: Channels count non available');
      }
      if (format !== 'S32_LE') fail('arecord: set_params:1349: Sample format non available');
      write(trial ?? 96000);
      if (!trial) setInterval(() => undefined, 1000);`;

  test.each([
    [undefined, 0, 1],
    [[3, 4] as const, 2, 3],
    [[4, 1] as const, 3, 0],
  ])('of an interface with four inputs, channels %j are taken', async (channels, left, right) => {
    const arecord = await standIn('four', FOUR_INPUTS);
    const source = await openSource('alsa:hw:CARD=Test', {
      tools: { arecord },
      ...(channels === undefined ? {} : { channels }),
    });
    expect(source.info).toMatchObject({ fidelity: 'bit-perfect', detail: expect.stringContaining('of 4') });
    const samples: number[] = [];
    await capture(source, ({ data }, { frames }) => {
      samples.push(...unpackS24le(data));
      return frames > 4_000;
    });
    const expected = Array.from({ length: 8_000 }, (_, i) => 4 * (i >> 1) + (i % 2 === 0 ? left : right));
    expect(samples.slice(0, 8_000)).toEqual(expected.map((value) => (value % 30_000) * 256));
  });

  test('channels that are not there, and channels of what has none, are refused', async () => {
    const arecord = await standIn('four', FOUR_INPUTS);
    const open = (spec: string, channels: [number, number]) => openSource(spec, { tools: { arecord }, channels });
    await expect(open('alsa:hw:CARD=Test', [5, 6])).rejects.toMatchObject({
      code: 'UnsupportedFormat',
      message: expect.stringMatching(/cannot record 6 channels; it has 4/),
    });
    await expect(open('alsa:hw:CARD=Test', [0, 1])).rejects.toThrow(/two numbers from 1/);
    await expect(open('demo', [1, 2])).rejects.toThrow(/of an alsa source only/);
  });

  test('the true depth of a 16-bit converter behind 24 bits is told once a second was heard', async () => {
    const source = await openWith('sixteen', `write(trial ?? 96000); if (!trial) setInterval(() => undefined, 1000);`);
    expect(source.stats()).toMatchObject({ state: 'idle', trueBitDepth: null, clockPpm: null });
    await capture(source, (_, { frames }) => frames > 48_000);
    expect(source.info.bitDepth).toBe(24);
    expect(source.stats().trueBitDepth).toBe(16);
  });

  test('an abort ends it without an error, and the child is gone', async () => {
    const source = await openWith(
      'endless',
      `
      if (trial) { write(trial); process.exit(0); }
      say('pid ' + process.pid); for (;;) write(1920);`,
      [],
    );
    const messages: string[] = [];
    const again = await openSource('alsa:hw:CARD=Test', {
      tools: { arecord: join(directory, 'endless') },
      onMessage: (line) => messages.push(line),
    });
    expect(again.info).toEqual(source.info);
    const abort = new AbortController();
    let chunks = 0;
    for await (const _ of again.chunks({ startFrame: 0, signal: abort.signal })) {
      chunks += 1;
      if (chunks === 20) abort.abort();
    }
    expect(chunks).toBe(20);
    const pid = Number(/pid (\d+)/.exec(messages.join())?.[1]);
    expect(() => process.kill(pid, 0)).toThrow(/ESRCH/);
  });

  test.each([
    [
      'rate',
      `say('Warning: rate is not accurate (requested = 48000Hz, got = 44100Hz)'); write(trial);`,
      'UnsupportedFormat',
      /44100 Hz.*plughw:CARD=Test/,
    ],
    ['exact', `say('  exact rate   : 96000 (96000/1)'); write(trial);`, 'UnsupportedFormat', /runs at 96000 Hz/],
    [
      'busy',
      `fail('arecord: main:831: audio open error: Device or resource busy');`,
      'SourceBusy',
      /in use by another program/,
    ],
    [
      'gone',
      `fail('arecord: main:831: audio open error: No such file or directory');`,
      'SourceNotFound',
      /was not found; /,
    ],
    ['mono', `fail('arecord: set_params:1358: Channels count non available');`, 'UnsupportedFormat', /2 channels/],
    [
      'odd',
      `fail('arecord: set_params:1349: Sample format non available');`,
      'UnsupportedFormat',
      /none of the sample formats S32_LE/,
    ],
    [
      'else',
      `fail('arecord: main:831: audio open error: Connection refused');`,
      'SourceFailed',
      /cannot be opened: audio open error: Connection refused/,
    ],
  ])('is refused with a reason: %s', async (name, script, code, message) => {
    await expect(openWith(name, script)).rejects.toMatchObject({ code, message: expect.stringMatching(message) });
  });

  test('without arecord it says what to install', async () => {
    const tools = { arecord: join(directory, 'none', 'arecord') };
    await expect(openSource('alsa:x', { tools })).rejects.toMatchObject({
      code: 'ToolMissing',
      message: expect.stringMatching(/apt install alsa-utils/),
    });
  });
});
