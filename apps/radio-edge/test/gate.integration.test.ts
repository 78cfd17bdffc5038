import { parseManifest } from '@bucket-radio/manifest';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { EPOCH, objectsOf, SECRETS, SEGMENT } from './fixtures.ts';
import { type Gate, startGate } from './gate.ts';

const Origin = 'https://radio.example';
let gate: Gate;

beforeAll(async () => {
  gate = await startGate();
  for (const [key, data] of objectsOf()) await gate.put(key, data);
});
afterAll(async () => await gate?.stop());

async function tokenOf({ origin }: Gate): Promise<string> {
  const response = await fetch(`${origin}/api/token`, { method: 'POST', headers: { Origin } });
  expect(response.status).toBe(200);
  return ((await response.json()) as { token: string }).token;
}

async function segmentUrl(): Promise<string> {
  const headers = { Authorization: `Bearer ${await tokenOf(gate)}` };
  const manifest = parseManifest(await (await fetch(`${gate.origin}/live/manifest.json`, { headers })).text());
  return `${gate.origin}/live/${manifest.renditions[0]?.segment.replace('{index}', '00000042')}`;
}

test('workerd: closed without a token, open with one, down to the bytes', async () => {
  expect((await fetch(`${gate.origin}/live/manifest.json`)).status).toBe(403);
  expect((await fetch(`${gate.origin}/live/${EPOCH}/hq/00000042.mp4`)).status).toBe(404);
  const url = await segmentUrl();
  const response = await fetch(url, { headers: { Origin } });
  expect(response.status).toBe(200);
  expect(response.headers.get('Content-Type')).toBe('audio/mp4');
  expect(response.headers.get('Access-Control-Allow-Origin')).toBe(Origin);
  expect(response.headers.get('Cache-Control')).toMatch(/^public, max-age=\d{3,4}$/);
  expect(new Uint8Array(await response.arrayBuffer())).toEqual(SEGMENT);
});

test('workerd: ranges and conditions, from the cache too', async () => {
  const url = await segmentUrl();
  for (let time = 0; time < 3; time++) {
    const part = await fetch(url, { headers: { Range: 'bytes=0-9' } });
    expect([part.status, part.headers.get('Content-Range')]).toEqual([206, 'bytes 0-9/1000']);
    expect(new Uint8Array(await part.arrayBuffer())).toEqual(SEGMENT.slice(0, 10));
    const etag = part.headers.get('ETag') ?? '';
    expect((await fetch(url, { headers: { 'If-None-Match': etag } })).status).toBe(304);
  }
  expect((await fetch(url, { method: 'HEAD' })).headers.get('ETag')).toMatch(/^"[0-9a-f]+"$/);
});

test('workerd: what the cache holds is served when the bucket no longer has it', async () => {
  const key = `live/${EPOCH}/hq/00000041.mp4`;
  await gate.put(key, SEGMENT);
  const url = (await segmentUrl()).replace('00000042', '00000041');
  expect((await fetch(url)).status).toBe(200);
  await (await gate.miniflare.getR2Bucket('BUCKET')).delete(key);
  // The copy is put into the cache after the answer.
  await expect.poll(async () => (await fetch(url)).headers.get('Age') !== null, { timeout: 10_000 }).toBe(true);
  expect((await fetch(url)).status).toBe(200);
});

test('workerd: a token that was tampered with, or made with another secret, is refused', async () => {
  const token = await tokenOf(gate);
  const status = async (bearer: string) =>
    (await fetch(`${gate.origin}/live/manifest.json`, { headers: { Authorization: `Bearer ${bearer}` } })).status;
  expect(await status(token)).toBe(200);
  expect(await status(token.replace(/.$/, (last) => (last === 'A' ? 'E' : 'A')))).toBe(403);
  expect(await status(token.replace('v1.', 'v1.z'))).toBe(403);
  const other = await startGate({ TOKEN_SECRET: SECRETS[1] });
  try {
    expect(await status(await tokenOf(other))).toBe(403);
  } finally {
    await other.stop();
  }
});

test('workerd: a gate that is not configured says so in its log, and not to listeners', async () => {
  const broken = await startGate({ TOKEN_SECRET: 'short', ALLOWED_ORIGINS: '' });
  try {
    const response = await fetch(`${broken.origin}/live/manifest.json`);
    expect(response.status).toBe(500);
    expect(await response.text()).not.toContain('TOKEN_SECRET');
    await expect.poll(broken.log, { timeout: 10_000 }).toContain('ALLOWED_ORIGINS is not set');
    expect(broken.log()).not.toContain('short');
  } finally {
    await broken.stop();
  }
});
