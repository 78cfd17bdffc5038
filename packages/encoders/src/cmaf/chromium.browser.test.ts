import type { EncodedSegment, OpusPacket } from '@bucket-radio/pcm';
import { launchChromium, pcmBlocks, proofMusic, serviceOrSkip } from '@bucket-radio/testing';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { createFlacEncoder } from '../flac/flac-encoder.ts';
import { LEAD_IN_PACKETS } from '../opus/cuts.ts';
import { createOpusEncoder } from '../opus/opus-encoder.ts';
import { createSegmentMuxer } from './segment-muxer.ts';

const ORIGIN = 'http://localhost/';
const F = 48_000;
const FIRST = 4000;
const SCALE = Number(process.env['PROVE_SCALE'] ?? 1);
const SEGMENTS = Math.max(8, Math.round(12 * SCALE));
const SEED = Number(process.env['PROVE_SEED'] ?? 1);
const skip = !serviceOrSkip('chromium').available;

const blocks = pcmBlocks(proofMusic(SEGMENTS * F, SEED + 2), { segmentFrames: F, firstSegment: FIRST });
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
/** Every packet, from one file: u32 length, bytes. */
async function packets() {
  const data = await bytes('packets');
  const view = new DataView(data.buffer);
  const list = [];
  for (let at = 0; at < data.length; at += 4 + view.getUint32(at)) list.push(data.subarray(at + 4, at + 4 + view.getUint32(at)));
  return list;
}
async function decodeOpus(list) {
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
  for (const [i, data] of list.entries()) {
    decoder.decode(new EncodedAudioChunk({ type: 'key', timestamp: i * 20000, duration: 20000, data }));
  }
  await decoder.flush();
  decoder.close();
  return planes;
}
const flat = (planes) => Float32Array.from(planes.flatMap((plane) => [...plane]));
const RECORDER = \`registerProcessor('recorder', class extends AudioWorkletProcessor {
  process([input]) { if (input[0]) this.port.postMessage(input[0].slice()); return true; }
})\`;
/** What an audio element plays of these objects from a time on, as the audio graph gets it: the left channel. */
async function played(mime, names, from, seconds) {
  const source = new MediaSource();
  const audio = new Audio(URL.createObjectURL(source));
  await new Promise((resolve) => source.addEventListener('sourceopen', resolve, { once: true }));
  const buffer = source.addSourceBuffer(mime);
  for (const name of names) {
    buffer.appendBuffer(await bytes(name));
    await new Promise((resolve) => buffer.addEventListener('updateend', resolve, { once: true }));
  }
  const context = new AudioContext({ sampleRate: 48000 });
  await context.audioWorklet.addModule(URL.createObjectURL(new Blob([RECORDER], { type: 'text/javascript' })));
  const recorder = new AudioWorkletNode(context, 'recorder');
  context.createMediaElementSource(audio).connect(recorder);
  const planes = [];
  recorder.port.onmessage = ({ data }) => planes.push(data);
  audio.currentTime = from;
  await new Promise((resolve) => audio.addEventListener('seeked', resolve, { once: true }));
  await audio.play();
  await new Promise((resolve) => {
    const timer = setInterval(() => {
      if (audio.currentTime - from < seconds && !audio.ended) return;
      clearInterval(timer);
      resolve();
    }, 50);
  });
  await context.close();
  return flat(planes);
}
/** Where a stretch of the reference lies in a recording, to the sample: it must be there as it is. */
function find(recording, reference, at) {
  for (let i = 0; i + 2000 <= recording.length; i++) {
    let k = 0;
    while (k < 2000 && recording[i + k] === reference[at + k]) k++;
    if (k === 2000) return i;
  }
  return -1;
}
/** Each packet of a segment joined by MSE without a lead-in, against the continuous decode: the worst difference. */
async function mseAtCut(segment, perSegment) {
  const list = globalThis.list ??= await packets();
  const whole = globalThis.wholeFlat ??= flat(globalThis.whole ??= await decodeOpus(list));
  const recording = await played('audio/mp4; codecs="opus"', ['lq-init', 'lq-' + segment, 'lq-' + (segment + 1)], ${FIRST} + segment, 1.9);
  const start = segment * perSegment * 960;
  // Half a second on, long after the decoder has forgotten how it began.
  const later = start + 24000;
  const at = find(recording, whole, later);
  if (at < 24000) return { at };
  const worst = [];
  for (let packet = 0; packet < 80; packet++) {
    let most = 0;
    for (let i = packet * 960; i < (packet + 1) * 960; i++) {
      most = Math.max(most, Math.abs(recording[at - 24000 + i] - whole[start + i]));
    }
    worst.push(most);
  }
  return { at, worst };
}
async function worstAtCut(first, leadIn, perSegment) {
  const list = globalThis.list ??= await packets();
  const whole = globalThis.whole ??= await decodeOpus(list);
  const joined = await decodeOpus(list.slice(first - leadIn, first + perSegment));
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

  browser = await launchChromium({ env: withoutSoundServer() });
  page = await browser.newPage();
  await page.route(`${ORIGIN}**`, (route) => {
    const body = file(new URL(route.request().url()).pathname.slice(1));
    return route.fulfill({ body: Buffer.from(body), contentType: body.length === 0 ? 'text/html' : 'audio/mp4' });
  });
  await page.goto(ORIGIN);
  await page.addScriptTag({ content: PAGE_SCRIPT });
}, 60_000 * Math.max(1, SCALE));

afterAll(() => browser?.close());

/** A media element is resampled to the rate of the sound card, here 44.1 kHz; without a card it plays as it is. */
function withoutSoundServer(): Record<string, string> {
  const sound = ['ALSA_CONFIG_PATH', 'PULSE_SERVER', 'XDG_RUNTIME_DIR'];
  const kept = Object.entries(process.env).filter(([name, value]) => value !== undefined && !sound.includes(name));
  return Object.fromEntries(kept) as Record<string, string>;
}

function length({ length: bytes }: Uint8Array): Buffer {
  const prefix = Buffer.alloc(4);
  prefix.writeUInt32BE(bytes);
  return prefix;
}

function file(name: string): Uint8Array {
  const [rendition, n] = name.split('-');
  if (rendition === 'packets') return Buffer.concat(packets.flatMap(({ data }) => [length(data), data]));
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

  it.skipIf(skip)('WebCodecs joins lq at a cut exactly after the lead-in', { timeout: 120_000 * SCALE }, async () => {
    const results = [];
    for (let cut = 1; cut < SEGMENTS; cut++) {
      const script = `worstAtCut(${cut * 50}, ${LEAD_IN_PACKETS}, 50)`;
      results.push(await page.evaluate(script));
    }
    expect(results).toEqual(results.map(() => ({ frames: F, worst: 0 })));
  });

  it.skipIf(skip)(
    'Media Source Extensions, which know no lead-in, are exact soon after a cut, and over the next',
    async () => {
      const cuts = Array.from({ length: Math.max(1, Math.round(SCALE)) }, (_, n) => 1 + ((5 * n) % (SEGMENTS - 2)));
      const inexactPackets: number[] = [];
      for (const cut of cuts) {
        const result = await page.evaluate(`mseAtCut(${cut}, 50)`);
        expect(result).toEqual({ at: expect.any(Number), worst: expect.any(Array) });
        const { worst } = result as { worst: number[] };
        inexactPackets.push(worst.findLastIndex((difference) => difference > 0) + 1);
        if (SCALE > 1)
          console.info(`MSE joined at cut ${cut}: worst difference per packet ${worst.slice(0, 8).join(' ')}`);
      }
      expect(inexactPackets.length).toBeGreaterThan(cuts.length / 2);
      expect(Math.max(...inexactPackets)).toBeLessThan(25);
    },
  );
});
