import { once } from 'node:events';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { aes256Gcm, createHybridBuffer, fileSystem, isHybridBufferError, zstd } from '@bucket-radio/hybrid-buffer';

/**
 * A server that takes uploads of any size and looks at them before it answers: small ones never touch the disk, large
 * ones do so compressed and encrypted. Run it: `node --conditions=@bucket-radio/source examples/upload-then-parse.ts`.
 */
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  await using buffer = createHybridBuffer({
    threshold: 256 * 1024,
    storage: fileSystem({ prefix: 'upload' }),
    middleware: [zstd(), aes256Gcm()],
  });
  try {
    await buffer.writeFrom(request);
    const title = await buffer.readLine({ maxBytes: 200 });
    let lines = 0;
    for await (const _ of buffer.lines()) lines++;
    response.end(`${title}: ${lines} lines, ${buffer.size} bytes, ${buffer.inMemory ? 'in memory' : 'on disk'}\n`);
  } catch (error) {
    response.statusCode = isHybridBufferError(error, 'TooLong') ? 400 : 500;
    response.end('the first line is to be a title\n');
  }
}

const server = createServer((request, response) => {
  answer(request, response).catch(() => response.destroy());
});
server.listen(0, '127.0.0.1');
await once(server, 'listening');
const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
for (const body of [
  'small\none\ntwo\n',
  `large\n${'a line that is one of too many for memory\n'.repeat(100_000)}`,
  'x'.repeat(1000),
]) {
  process.stdout.write(await (await fetch(url, { method: 'POST', body })).text());
}
server.close();
