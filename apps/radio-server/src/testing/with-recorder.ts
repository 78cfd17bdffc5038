import { once } from 'node:events';
import { readFile } from 'node:fs/promises';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/**
 * The site at `url`, unchanged, plus `/test-recorder.js`: under the page's own content security policy a test may load
 * a worklet only from the page's origin.
 */
export async function withRecorder(url: string): Promise<{ readonly url: string; close(): void }> {
  const recorder = await readFile(new URL('./recorder.js', import.meta.url));
  const target = new URL(url);
  const server = createServer((incoming, outgoing) => {
    if (incoming.url === '/test-recorder.js') {
      outgoing.setHeader('Content-Type', 'text/javascript');
      outgoing.end(recorder);
      return;
    }
    const { method, headers } = incoming;
    const onward = request(
      { host: target.hostname, port: target.port, path: incoming.url, method, headers },
      (answer) => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      },
    );
    onward.on('error', () => outgoing.destroy());
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  return {
    url: `http://localhost:${(server.address() as AddressInfo).port}`,
    close: () => {
      server.close();
      server.closeAllConnections();
    },
  };
}
