import { once } from 'node:events';
import { createServer, request } from 'node:http';
import type { AddressInfo } from 'node:net';

/** A loopback proxy in front of an S3 server that counts what is put through it. */
export interface CountingProxy {
  readonly endpoint: string;
  /** Bytes of request bodies so far. */
  readonly sentBytes: () => number;
  /** Called when `sentBytes` has grown. */
  onBytes: () => void;
  close(): void;
}

export async function startCountingProxy(upstream: string): Promise<CountingProxy> {
  const { hostname, port } = new URL(upstream);
  let sentBytes = 0;
  const server = createServer((incoming, outgoing) => {
    const { method, url: path, headers } = incoming;
    const onward = request({ hostname, port, method, path, headers }, (answer) => {
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    onward.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => onward.destroy());
    incoming.on('close', () => {
      if (!incoming.complete) onward.destroy();
    });
    incoming.on('data', (chunk: Buffer) => {
      sentBytes += chunk.length;
      proxy.onBytes();
    });
    incoming.pipe(onward);
  }).listen(0, '127.0.0.1');
  await once(server, 'listening');
  const proxy: CountingProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    sentBytes: () => sentBytes,
    onBytes: () => undefined,
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
