import { setImmediate } from 'node:timers/promises';
import { aes256Gcm, chacha20Poly1305, createHybridBuffer, type Middleware, zstd } from '@bucket-radio/hybrid-buffer';

/** Writes lines into a buffer until it is killed, and says how far it is. `crash-child.ts MIDDLEWARE LINE KEY` */
const [what = '', line = '', key = ''] = process.argv.slice(2);
const MIDDLEWARE: Readonly<Record<string, () => readonly Middleware[]>> = {
  none: () => [],
  aes: () => [aes256Gcm({ key: Buffer.from(key, 'hex') })],
  chacha: () => [chacha20Poly1305()],
  'zstd-aes': () => [zstd(), aes256Gcm()],
};
const middleware = MIDDLEWARE[what]?.() ?? [];
const buffer = createHybridBuffer({ threshold: 100_000, frameBytes: 16_384, middleware });
const lines = line.repeat(200);
for (let round = 0; ; round++) {
  await buffer.write(lines);
  // A little of everything: what is read back, cut off and emptied must not be on disk in the clear either.
  if (round % 7 === 0) await buffer.readRange(0, 50_000);
  if (round % 50 === 49) await buffer.truncate(Math.floor(buffer.size / 2));
  if (round % 200 === 199) await buffer.reset();
  process.stdout.write(buffer.inMemory ? 'm' : 's');
  await setImmediate();
}
