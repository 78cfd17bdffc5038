// Simulated listeners in a process of their own. As JSON on standard output: answers by status, bytes, seconds.
//   poll URL COUNT SECONDS PERIOD_MS    each reads the manifest every PERIOD_MS, as a player does
//   stream URL COUNT SECONDS            each holds one never-ending response, as Icecast's listeners do
import { Agent, get, type IncomingMessage } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const BATCH = 20;

const [mode, url = '', countText, secondsText, periodText = '0'] = process.argv.slice(2);
const [count, seconds, periodMs] = [Number(countText), Number(secondsText), Number(periodText)];
const agent = new Agent({ keepAlive: true, maxSockets: count });
const statuses: Record<string, number> = {};
let bytes = 0;
let counting = mode === 'poll';

function open(headers: Record<string, string> = {}): Promise<IncomingMessage> {
  return new Promise((resolve, reject) => get(url, { agent, headers }, resolve).once('error', reject));
}

async function poll(listener: number): Promise<void> {
  // Spread over the period, as listeners are.
  await sleep((periodMs * listener) / count);
  let etag: string | undefined;
  for (const endAt = performance.now() + seconds * 1000; performance.now() < endAt; ) {
    const startedAt = performance.now();
    const response = await open(etag === undefined ? {} : { 'If-None-Match': etag });
    for await (const piece of response) bytes += (piece as Buffer).length;
    etag = response.headers.etag ?? etag;
    const status = String(response.statusCode);
    statuses[status] = (statuses[status] ?? 0) + 1;
    await sleep(Math.max(0, periodMs - (performance.now() - startedAt)));
  }
}

async function stream(): Promise<void> {
  const response = await open();
  statuses[String(response.statusCode)] = (statuses[String(response.statusCode)] ?? 0) + 1;
  response.on('data', (piece: Buffer) => {
    if (counting) bytes += piece.length;
  });
  // The end of the measurement cuts it.
  response.on('error', () => undefined);
}

let measuredFrom = performance.now();
if (mode === 'poll') {
  await Promise.all(Array.from({ length: count }, (_, listener) => poll(listener)));
} else {
  // Icecast accepts a few connections at a time.
  for (let opened = 0; opened < count; opened += BATCH) {
    await Promise.all(Array.from({ length: Math.min(BATCH, count - opened) }, stream));
  }
  // Icecast first sends each listener a burst of what it has kept.
  await sleep(3000);
  counting = true;
  measuredFrom = performance.now();
  await sleep(seconds * 1000);
}
const result = { statuses, bytes, seconds: (performance.now() - measuredFrom) / 1000 };
process.stdout.write(JSON.stringify(result), () => process.exit(0));
