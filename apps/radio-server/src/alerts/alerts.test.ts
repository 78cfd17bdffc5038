import { createHmac } from 'node:crypto';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { createServer, type IncomingMessage } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { text } from 'node:stream/consumers';
import { afterEach, expect, it, onTestFinished } from 'vitest';
import type { Alert } from './alert.ts';
import { AlertBoard, type Finding } from './board.ts';
import { CommandError, runAlertCommand } from './command.ts';
import { AlertSender } from './sender.ts';
import { sendWebhook } from './webhook.ts';

const FINDING: Finding = { kind: 'silence', severity: 'critical', state: 'raised', message: 'silence', remedy: 'look' };
const ALERT: Alert = {
  id: '01JD5XQ0000000000000000000',
  kind: 'silence',
  severity: 'critical',
  state: 'raised',
  message: 'silence for 20 s; "$(touch pwned)"',
  remedy: 'look',
  raisedAtMs: Date.UTC(2026, 10, 20, 20),
};

const closers: (() => void)[] = [];
afterEach(() => {
  for (const close of closers.splice(0)) close();
});

interface Received {
  readonly headers: IncomingMessage['headers'];
  readonly body: string;
}

/** Answers with these codes, one after the other, then with the last. */
async function receiver(...codes: number[]): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    void text(request).then((body) => {
      received.push({ headers: request.headers, body });
      const code = codes[Math.min(received.length, codes.length) - 1] ?? 200;
      response.writeHead(code, { Location: 'http://127.0.0.1:9/elsewhere' }).end();
    });
  }).listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  closers.push(() => {
    server.close();
    server.closeAllConnections();
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}/hook/T0KEN?key=s3cret`, received };
}

it('keeps one alert of a kind, from its beginning to its end', () => {
  const told: Alert[] = [];
  let nowMs = 1000;
  const board = new AlertBoard({ onChange: (alert) => told.push(alert), nowMs: () => nowMs });
  board.report(FINDING);
  board.report({ ...FINDING, message: 'still silent' });
  nowMs = 5000;
  board.report({ ...FINDING, state: 'cleared', message: 'over' });
  board.report({ ...FINDING, state: 'cleared', message: 'over' });
  expect(told.map(({ state, message }) => `${state} ${message}`)).toEqual(['raised silence', 'cleared over']);
  expect(told[0]?.id).toBe(told[1]?.id);
  expect(board.active).toEqual([]);
  expect(board.past).toMatchObject([{ raisedAtMs: 1000, clearedAtMs: 5000, message: 'silence' }]);
});

it('signs a webhook so that a receiver can check it', async () => {
  const { url, received } = await receiver(204);
  const secret = `whsec_${Buffer.from('a secret of the station').toString('base64')}`;
  await sendWebhook(ALERT, { url, secret, station: 'Harbour' });
  const [{ headers, body }] = received as [Received];
  const signed = `${headers['webhook-id']}.${headers['webhook-timestamp']}.${body}`;
  const expected = createHmac('sha256', 'a secret of the station').update(signed).digest('base64');
  expect(headers['webhook-signature']).toBe(`v1,${expected}`);
  expect(JSON.parse(body)).toMatchObject({ type: 'alert.raised', station: 'Harbour', kind: 'silence' });
});

it('tries a webhook again until it is taken, in order, under the same id', async () => {
  const { url, received } = await receiver(500, 429, 200);
  const warnings: string[] = [];
  const waits: number[] = [];
  const sender = new AlertSender({
    sink: { name: 'the webhook', send: async (alert) => await sendWebhook(alert, { url, station: 'Harbour' }) },
    log: { warn: (line) => warnings.push(line), error: (line) => warnings.push(line) },
    sleep: async (ms) => {
      waits.push(ms);
    },
    random: () => 1,
  });
  sender.send(ALERT);
  sender.send({ ...ALERT, state: 'cleared' });
  await sender.whenIdle();
  expect(received.map(({ headers }) => headers['webhook-id'])).toEqual(
    ['raised', 'raised', 'raised', 'cleared'].map((state) => `${ALERT.id}.${state}`),
  );
  expect(waits).toEqual([1000, 2000]);
  expect(warnings).toEqual(['the webhook: it answers 500; trying again', 'the webhook: it answers 429; trying again']);
});

it('gives up in the end, and never says the address', async () => {
  const { url } = await receiver(302);
  const lines: string[] = [];
  const log = { warn: (line: string) => lines.push(line), error: (line: string) => lines.push(line) };
  const gone = 'http://127.0.0.1:1/hook/T0KEN?key=s3cret';
  for (const target of [url, gone]) {
    const send = async (alert: Alert) => await sendWebhook(alert, { url: target, station: 'Harbour' });
    const sender = new AlertSender({ sink: { name: 'the webhook', send }, log, sleep: async () => undefined });
    sender.send(ALERT);
    await sender.whenIdle();
  }
  expect(lines.filter((line) => line.includes('was not told'))).toHaveLength(2);
  expect(lines.join('\n')).not.toMatch(/T0KEN|s3cret|127\.0\.0\.1/);
});

it('drops the oldest when a sink takes nothing', () => {
  const errors: string[] = [];
  const sender = new AlertSender({
    sink: { name: 'the webhook', send: async () => await new Promise(() => undefined) },
    log: { warn: () => undefined, error: (line) => errors.push(line) },
  });
  onTestFinished(() => sender.close());
  for (let i = 0; i < 103; i++) sender.send({ ...ALERT, message: `alert ${i}` });
  expect(errors).toHaveLength(2);
  expect(errors[0]).toContain('alert 1');
});

async function script(body: string): Promise<{ path: string; out: string }> {
  const directory = await mkdtemp(join(tmpdir(), 'alert-'));
  onTestFinished(async () => await rm(directory, { recursive: true, force: true }));
  const [path, out] = [join(directory, 'hook.mjs'), join(directory, 'out')];
  await writeFile(path, body);
  return { path, out };
}

it('runs a command with its arguments as they are, the alert as JSON, and no credential', async () => {
  const { path, out } = await script(`
    import { text } from 'node:stream/consumers';
    import { writeFileSync } from 'node:fs';
    const input = JSON.parse(await text(process.stdin));
    writeFileSync(process.argv[2], JSON.stringify({ input, args: process.argv.slice(3), env: process.env }));
  `);
  process.env['R2_SECRET_KEY'] = 'planted';
  onTestFinished(() => {
    delete process.env['R2_SECRET_KEY'];
  });
  const command = [process.execPath, path, out, '; rm -rf /', '$HOME', '`id`'];
  await runAlertCommand(ALERT, { command, station: 'Harbour' });
  const seen = JSON.parse(await readFile(out, 'utf8')) as { input: Alert; args: string[]; env: NodeJS.ProcessEnv };
  expect(seen.args).toEqual(['; rm -rf /', '$HOME', '`id`']);
  expect(seen.input).toMatchObject({ kind: 'silence', message: ALERT.message, station: 'Harbour' });
  expect(seen.env['RADIO_ALERT_KIND']).toBe('silence');
  expect(seen.env['R2_SECRET_KEY']).toBeUndefined();
});

it('says how a command failed', async () => {
  const { path } = await script('process.exit(3)');
  const run = async (command: string[], timeoutMs = 30_000) =>
    await runAlertCommand(ALERT, { command, station: 'Harbour', timeoutMs });
  await expect(run([process.execPath, path])).rejects.toThrow(/ended with 3/);
  await expect(run(['/no/such/program'])).rejects.toThrow(/cannot be started \(ENOENT\)/);
  const { path: forever } = await script('setInterval(() => undefined, 1000)');
  await expect(run([process.execPath, forever], 300)).rejects.toBeInstanceOf(CommandError);
});
