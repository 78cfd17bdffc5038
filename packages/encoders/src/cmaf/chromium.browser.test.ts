import type { EncodedSegment, OpusPacket } from '@bucket-radio/pcm';
import { launchChromium, music, pcmBlocks, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFlacEncoder } from '../flac/flac-encoder.ts';
import { LEAD_IN_PACKETS } from '../opus/cuts.ts';
import { createOpusEncoder } from '../opus/opus-encoder.ts';
import { createSegmentMuxer } from './segment-muxer.ts';

const ORIGIN = 'http://localhost/';
const F = 48_000;
const FIRST = 4000;
const SEGMENTS = 12;
const skip = !serviceOrSkip('chromium').available;

const blocks = pcmBlocks(music(SEGMENTS * F, 3), { segmentFrames: F, firstSegment: FIRST });
const segments: Record<'hq' | 'lq', EncodedSegment[]> = { hq: [], lq: [] };
const packets: OpusPacket[] = [];
let browser: Awaited<ReturnType<typeof launchChromium>>;
let page: Awaited<ReturnType<typeof browser.newPage>>;

/** The page's side: plain JavaScript, because this package is compiled for Node. */
const PAGE_SCRIPT = `
const bytes = async (name) => new Uint8Array(await (await fetch('/' + name)).arrayBuffer());
async function buffered(mime, names) {
  if (!MediaSource.isTypeSupported(mime)) return 'unsupported: ' + mime;
  const source = new MediaSource();
  const audio = new Audio(URL.createObjectURL(source));
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
  const buffer = source.addSourceBuffer(mime);
  for (const name of names) {
    buffer.appendBuffer(await bytes(name));
    await new Promise((resolve, reject) => {
      buffer.addEventListener('updateend', resolve, { once: true });
      buffer.addEventListener('error', () => reject(new Error('append failed: ' + name)), { once: true });
    });
  }
  if (audio.error) return audio.error.message;
  return [...Array(buffer.buffered.length).keys()].map((i) => [buffer.buffered.start(i), buffer.buffered.end(i)]);
}
async function decodeOpus(names) {
  const planes = [];
  const decoder = new AudioDecoder({
    output: (data) => {
      const plane = new Float32Array(data.numberOfFrames);
      data.copyTo(plane, { planeIndex: 0, format: 'f32-planar' });
      planes.push(plane);
      data.close();
    },
    error: (error) => { throw error; },
  });
  decoder.configure({ codec: 'opus', sampleRate: 48000, numberOfChannels: 2 });
  for (const [i, name] of names.entries()) {
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: i * 20000, duration: 20000, data: await bytes(name) }));
  }
  await decoder.flush();
  decoder.close();
  return planes;
}
async function worstAtCut(packetCount, first, leadIn, perSegment) {
  const name = (k) => 'packet-' + k;
  const whole = globalThis.whole ??= await decodeOpus(Array.from({ length: packetCount }, (_, k) => name(k)));
  const joined = await decodeOpus(Array.from({ length: leadIn + perSegment }, (_, k) => name(first - leadIn + k)));
  const flat = (planes) => planes.flatMap((plane) => [...plane]);
  const a = flat(whole.slice(first, first + perSegment));
  const b = flat(joined.slice(leadIn));
  return { frames: b.length, worst: a.reduce((max, value, i) => Math.max(max, Math.abs(value - b[i])), 0) };
}`;

beforeAll(async () => {
  if (skip) return;
  const flac = await createFlacEncoder();
  const opus = await createOpusEncoder({ segmentFrames: F });
  const muxers = {
    hq: createSegmentMuxer({ rendition: 'hq', epoch: '01ARZ3NDEKTSV4RRFFQ69G5FAV', segmentSeconds: 1 }),
    lq: createSegmentMuxer({ rendition: 'lq', epoch: '01ARZ3NDEKTSV4RRFFQ69G5FAV', segmentSeconds: 1 }),
  };
  for (const { segmentEnd } of blocks) {
    if (segmentEnd === undefined) continue;
    muxers.hq.endSegment(segmentEnd);
    muxers.lq.endSegment(segmentEnd);
  }
  const frames = [...blocks.flatMap((block) => flac.encode(block)), ...flac.finish().frames];
  packets.push(...blocks.flatMap((block) => opus.encode(block)), ...opus.finish());
  segments.hq = await muxers.hq.push(frames);
  segments.lq = await muxers.lq.push(packets);

  browser = await launchChromium();
  page = await browser.newPage();
  await page.route(`${ORIGIN}**`, (route) => {
    const body = file(new URL(route.request().url()).pathname.slice(1));
    return route.fulfill({ body: Buffer.from(body), contentType: body.length === 0 ? 'text/html' : 'audio/mp4' });
  });
  await page.goto(ORIGIN);
  await page.addScriptTag({ content: PAGE_SCRIPT });
});

afterAll(() => browser?.close());

function file(name: string): Uint8Array {
  const [rendition, n] = name.split('-');
  if (rendition === 'packet') return packets[Number(n)]!.data;
  const list = rendition === 'hq' || rendition === 'lq' ? segments[rendition] : [];
  return (n === 'init' ? list[0]?.init : list[Number(n)]?.data) ?? new Uint8Array(0);
}

describe('in Chromium', () => {
  it.skipIf(skip).each([
    ['hq', 'audio/mp4; codecs="flac"'],
    ['lq', 'audio/mp4; codecs="opus"'],
  ])('Media Source Extensions take %s segments, leading boxes and all, at their place in time', async (name, mime) => {
    const names = ['init', 3, 4, 5].map((part) => `${name}-${part}`);
    const ranges = await page.evaluate(`buffered(${JSON.stringify(mime)}, ${JSON.stringify(names)})`);
    expect(ranges).toEqual([[expect.any(Number), expect.any(Number)]]);
    const [[start, end]] = ranges as [[number, number]];
    expect(start).toBeCloseTo(FIRST + 3, 3);
    expect(end).toBeCloseTo(FIRST + 6, 3);
  });

  it.skipIf(skip)('WebCodecs joins lq at a cut exactly after the lead-in', async () => {
    const results = [];
    for (let cut = 1; cut < SEGMENTS; cut++) {
      const script = `worstAtCut(${packets.length}, ${cut * 50}, ${LEAD_IN_PACKETS}, 50)`;
      results.push(await page.evaluate(script));
    }
    expect(results).toEqual(results.map(() => ({ frames: F, worst: 0 })));
  });
});
