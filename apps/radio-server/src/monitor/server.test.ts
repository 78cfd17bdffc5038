import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';
import fc from 'fast-check';
import { describe, expect, it, onTestFinished } from 'vitest';
import { type Listener, listen } from '../http/listen.ts';
import { FakeDesk, STATUS } from '../testing/fake-desk.ts';
import { freePort } from '../testing/station-process.ts';
import { isOwnHost, type MonitorAccess } from './access.ts';
import { SERIES } from './metrics.ts';
import { OPERATIONS } from './openapi.ts';
import { createMonitor } from './server.ts';

const TOKEN = randomBytes(24).toString('hex');
const LOOPBACK: MonitorAccess = { host: '127.0.0.1' };
const OPEN: MonitorAccess = { host: '0.0.0.0', token: TOKEN };
const BASE = 'http://127.0.0.1:8080';

function setUp(access = LOOPBACK) {
  const desk = new FakeDesk();
  const page = { body: Buffer.from('the page'), contentType: 'text/html' };
  const files = async () => await Promise.resolve(new Map([['index.html', page]]));
  const app = createMonitor({ desk, files, access, bucketOrigin: 'https://radio.example' });
  const ask = async (path: string, init: RequestInit = {}, headers: Record<string, string> = {}): Promise<Response> =>
    await app.request(`${BASE}${path}`, { ...init, headers: { Host: '127.0.0.1:8080', ...headers } });
  const post = async (path: string, headers: Record<string, string> = {}, body?: string): Promise<Response> =>
    await ask(path, { method: 'POST', ...(body === undefined ? {} : { body }) }, headers);
  return { app, desk, ask, post };
}

async function onSocket(access = LOOPBACK): Promise<{ desk: FakeDesk; listener: Listener }> {
  const { app, desk } = setUp(access);
  const listener = await listen(app, { host: '127.0.0.1', port: await freePort(), what: 'the monitor', variable: 'X' });
  onTestFinished(async () => await listener.close());
  return { desk, listener };
}

/** A connection that was just closed may be tried once more. */
async function isAlive(port: number): Promise<boolean> {
  return await fetch(`http://127.0.0.1:${port}/healthz`).then(
    ({ ok }) => ok,
    () => false,
  );
}

describe('start and stop', () => {
  it('are carried out once, and refused when there is nothing to do', async () => {
    const { desk, post } = setUp();
    expect((await post('/start')).status).toBe(409);
    expect((await post('/stop')).status).toBe(204);
    desk.now = { ...STATUS, onAir: 'off' };
    expect((await post('/stop')).status).toBe(409);
    expect((await post('/start')).status).toBe(204);
  });

  it('mark a moment and reset the loudness', async () => {
    const { desk, post } = setUp();
    const json = { 'Content-Type': 'application/json' };
    expect((await post('/cue', json, '{"title":"side B"}')).status).toBe(204);
    expect((await post('/loudness/reset')).status).toBe(204);
    expect((await post('/cue', json, '{"title":""}')).status).toBe(400);
    expect(desk.asked).toEqual(['cue side B', 'reset']);
  });
});

describe('readiness', () => {
  it('says what keeps listeners from hearing the station', async () => {
    const { desk, ask } = setUp();
    expect((await ask('/readyz')).status).toBe(200);
    const alert = {
      id: 'a',
      kind: 'silence',
      state: 'raised',
      message: 'silence for 20 s',
      remedy: '',
      raisedAtMs: 0,
    } as const;
    desk.now = { ...STATUS, alerts: { active: [{ ...alert, severity: 'critical' }], past: [], raised: 1 } };
    const answer = await ask('/readyz');
    expect(answer.status).toBe(503);
    expect(await answer.json()).toEqual({ ready: false, reasons: ['silence: silence for 20 s'] });
    desk.now = { ...STATUS, onAir: 'off' };
    expect((await ask('/readyz')).status).toBe(503);
    desk.now = null;
    expect((await ask('/readyz')).status).toBe(503);
    expect((await ask('/healthz')).status).toBe(200);
  });
});

describe('metrics', () => {
  it('tell every series, with what is healthy', async () => {
    const { ask } = setUp();
    const text = await (await ask('/metrics')).text();
    for (const { name, type } of SERIES) expect(text).toMatch(new RegExp(`^# TYPE ${name} ${type}$`, 'm'));
    expect(text).toMatch(/^radio_on_air 1$/m);
    expect(text).toMatch(/^radio_store_requests_total\{kind="writes"\} 1855$/m);
    expect(text).toMatch(/^radio_store_put_seconds\{percentile="95"\} 0.42$/m);
    expect(text).toMatch(/^radio_alert_active\{kind="silence"\} 0$/m);
    expect(text).toContain('Healthy:');
  });

  it('leave out what is not known, and do not add up when asked twice', async () => {
    const { desk, ask } = setUp();
    desk.now = { ...STATUS, capture: { ...STATUS.capture, clockPpm: null } };
    await ask('/metrics');
    const text = await (await ask('/metrics')).text();
    expect(text).not.toMatch(/^radio_capture_clock_ppm/m);
    expect(text).toMatch(/^radio_captured_frames_total 178800000$/m);
    desk.now = null;
    expect((await ask('/metrics')).status).toBe(200);
  });
});

describe('the OpenAPI document', () => {
  it('names every route but the page, and nothing else', async () => {
    const { app, ask } = setUp();
    const document = (await (await ask('/openapi.json')).json()) as { openapi: string; paths: Record<string, object> };
    expect(document.openapi).toBe('3.1.0');
    const documented = Object.entries(document.paths).flatMap(([path, methods]) =>
      Object.keys(methods).map((method) => `${method.toUpperCase()} ${path}`),
    );
    const page = new Set(['GET /login', 'POST /login', 'GET /favicon.ico', 'GET /:name{.*}']);
    const routes = app.routes.filter(({ method }) => method !== 'ALL').map(({ method, path }) => `${method} ${path}`);
    expect(documented.sort()).toEqual([...new Set(routes)].filter((route) => !page.has(route)).sort());
    expect(JSON.stringify(document.paths['/now-playing'])).toContain('"title"');
  });
});

const CHANGES = OPERATIONS.filter(({ method }) => method === 'post').map(({ path }) => path);

describe.each(CHANGES)('POST %s', (path) => {
  it.each([
    [{ Origin: 'https://elsewhere.example' }],
    [{ Origin: 'null' }],
    [{ Origin: 'http://127.0.0.1:3000' }],
    [{ 'Sec-Fetch-Site': 'cross-site' }],
    [{ 'Sec-Fetch-Site': 'same-site' }],
    [{ Host: 'rebound.example' }],
    [{ Host: '127.0.0.1.rebound.example:8080' }],
    [{ Host: 'user@127.0.0.1' }],
    [{ Host: '' }],
  ])('from another site or under another name is refused: %j', async (headers) => {
    const { desk, post } = setUp();
    const json = { 'Content-Type': 'application/json' };
    expect((await post(path, { ...json, ...headers } as Record<string, string>, '{"title":"A"}')).status).toBe(403);
    expect(desk.asked).toEqual([]);
  });

  it('needs the token where there is one', async () => {
    const { desk, post } = setUp(OPEN);
    for (const headers of [
      {},
      { Authorization: 'Bearer wrong' },
      { Authorization: `Basic ${TOKEN}` },
      { Cookie: 'radio_monitor=x' },
    ]) {
      expect((await post(path, headers as Record<string, string>)).status).toBe(401);
    }
    expect(desk.asked).toEqual([]);
  });
});

describe('a monitor beyond loopback', () => {
  it('tells nothing without the token but that it lives', async () => {
    const { ask } = setUp(OPEN);
    for (const path of [
      '/status',
      '/metrics',
      '/events',
      '/history',
      '/log',
      '/openapi.json',
      '/readyz',
      '/monitor.js',
    ]) {
      const answer = await ask(path);
      expect(answer.status, path).toBe(401);
      expect(await answer.text()).not.toContain('Harbour');
    }
    expect((await ask('/healthz')).status).toBe(200);
    expect((await ask('/status', {}, { Authorization: `Bearer ${TOKEN}` })).status).toBe(200);
  });

  it('lets a browser in with the token, and with nothing else', async () => {
    const { ask, post } = setUp(OPEN);
    expect((await ask('/')).headers.get('Location')).toBe('/login');
    const form = { 'Content-Type': 'application/x-www-form-urlencoded' };
    expect((await post('/login', form, 'token=wrong')).status).toBe(401);
    const welcome = await post('/login', form, `token=${TOKEN}`);
    expect(welcome.status).toBe(303);
    const cookie = welcome.headers.get('Set-Cookie') ?? '';
    expect(cookie).toMatch(/HttpOnly/);
    expect(cookie).toMatch(/SameSite=Strict/);
    expect(cookie).not.toContain(TOKEN);
    const session = { Cookie: cookie.split(';')[0] as string };
    expect(await (await ask('/', {}, session)).text()).toBe('the page');
    expect((await ask('/status', {}, session)).status).toBe(200);
    for (let i = 0; i < 20; i++) await post('/login', form, 'token=guess');
    expect((await post('/login', form, `token=${TOKEN}`)).status).toBe(429);
  });

  it('answers to addresses and its own names only', () => {
    for (const host of ['192.168.1.7:8080', '[fe80::1]:8080', 'localhost', 'box.lan:8080']) {
      expect(isOwnHost(host, { host: 'box.lan' }), host).toBe(true);
    }
    for (const host of ['rebound.example', '1.2.3.4.rebound.example', 'box.lan.example', undefined, '', 'a b']) {
      expect(isOwnHost(host, { host: 'box.lan' }), String(host)).toBe(false);
    }
    expect(isOwnHost('192.168.1.7', LOOPBACK)).toBe(false);
  });
});

describe('bodies', () => {
  it('of any kind are refused or taken, and the server lives', async () => {
    const { desk, post } = setUp();
    const types = fc.constantFrom('application/json', 'application/json; charset=utf-8', 'text/plain', '', 'a/b');
    const bodies = fc.oneof(
      fc.json(),
      fc.string(),
      fc.constant('{"title":'),
      fc.jsonValue().map((v) => JSON.stringify({ title: v })),
    );
    await fc.assert(
      fc.asyncProperty(fc.constantFrom(...CHANGES, '/login'), types, bodies, async (path, type, body) => {
        const { status } = await post(path, { 'Content-Type': type }, body);
        expect(status).toBeLessThan(500);
      }),
      { numRuns: 300 },
    );
    for (const { title } of desk.titles) expect(Buffer.byteLength(title)).toBeLessThanOrEqual(200);
  });

  it('that are too large are refused, with and without a length', async () => {
    const { desk, listener } = await onSocket();
    const url = `http://127.0.0.1:${listener.port}/now-playing`;
    const json = { 'Content-Type': 'application/json' };
    const large = JSON.stringify({ title: 'a', more: 'b'.repeat(1_000_000) });
    // Whoever is still sending when the answer comes may see the connection closed instead.
    const status = async (body: RequestInit['body']): Promise<number | 'closed'> =>
      await fetch(url, { method: 'POST', headers: json, body, duplex: 'half' } as RequestInit).then(
        (answer) => answer.status,
        () => 'closed' as const,
      );
    expect([413, 'closed']).toContain(await status(large));
    const stream = new ReadableStream({
      pull: (controller) => controller.enqueue(Buffer.alloc(64 * 1024, 32)),
    });
    expect([413, 'closed']).toContain(await status(stream));
    expect(desk.asked).toEqual([]);
    await expect.poll(async () => await isAlive(listener.port)).toBe(true);
  });

  it('and requests that are no HTTP at all do not end it', async () => {
    const { listener } = await onSocket();
    for (const noise of [
      '\0\0\0',
      'POST / HTTP/1.1\r\nContent-Length: -5\r\n\r\n',
      'GET /%ff%fe HTTP/1.1\r\nHost: x\r\n\r\n',
      'X'.repeat(100_000),
    ]) {
      const socket = connect(listener.port, '127.0.0.1');
      socket.on('error', () => undefined);
      await new Promise<void>((resolve) => {
        socket.once('close', () => resolve());
        socket.resume();
        socket.end(noise);
      });
    }
    await expect.poll(async () => await isAlive(listener.port)).toBe(true);
  });
});
