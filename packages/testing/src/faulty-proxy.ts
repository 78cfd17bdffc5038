import { createServer, type IncomingMessage, request, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** What a proxy does to a request instead of passing it on. */
const FAULTS = ['500', '503', '429', 'skew', 'slow', 'reset', 'half-body', 'lost-reply', 'stalled'] as const;
export type ProxyFault = (typeof FAULTS)[number];

/** What a request did to the bucket behind the proxy, as late as it can have been done, or as early for a delete. */
export interface ProxyChange {
  /** Of the URL, decoded. */
  readonly path: string;
  /** What was put; `undefined` for a delete. */
  readonly body?: Buffer;
  readonly etag?: string;
}

export interface FaultyProxyOptions {
  readonly target: string;
  readonly random: () => number;
  /** A put that the server has confirmed, or a delete that is about to be sent. */
  readonly onChange?: (change: ProxyChange) => void;
  /** A request is over, whatever became of it. */
  readonly onRequest?: () => void;
}

/** A loopback proxy in front of an S3 server, that spoils a share of the requests. */
export interface FaultyProxy {
  readonly endpoint: string;
  /** How many of each kind were injected. */
  readonly injected: ReadonlyMap<ProxyFault | 'refused', number>;
  readonly requests: () => number;
  /** Share of requests that are spoilt, 0 to 1. */
  faultShare: number;
  /** Every connection is cut at once. */
  isDown: boolean;
  close(): void;
}

const S3_CODES: Partial<Record<ProxyFault, readonly [number, string]>> = {
  '500': [500, 'InternalError'],
  '503': [503, 'SlowDown'],
  '429': [429, 'TooManyRequests'],
  skew: [403, 'RequestTimeTooSkewed'],
};

/** Starts one on a port of the system's choice. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const { target, random, onChange, onRequest } = options;
  const { hostname, port } = new URL(target);
  const injected = new Map<ProxyFault | 'refused', number>();
  let requests = 0;
  const count = (fault: ProxyFault | 'refused'): void => {
    injected.set(fault, (injected.get(fault) ?? 0) + 1);
  };

  const forward = async (incoming: IncomingMessage, body: Buffer): Promise<{ answer: IncomingMessage; data: Buffer }> =>
    await new Promise((resolve, reject) => {
      const { method, url: path, headers } = incoming;
      const outgoing = request({ hostname, port, method, path, headers }, (answer) => {
        buffer(answer).then((data) => resolve({ answer, data }), reject);
      });
      outgoing.once('error', reject);
      outgoing.end(body);
    });

  const handle = async (incoming: IncomingMessage, response: ServerResponse): Promise<void> => {
    requests += 1;
    if (proxy.isDown) {
      count('refused');
      incoming.socket.destroy();
      return;
    }
    const fault = random() < proxy.faultShare ? FAULTS[Math.floor(random() * FAULTS.length)] : undefined;
    if (fault !== undefined) count(fault);
    if (fault === 'reset') {
      incoming.socket.destroy();
      return;
    }
    const body = await buffer(incoming);
    const error = fault === undefined ? undefined : S3_CODES[fault];
    if (error !== undefined) {
      const [status, code] = error;
      response.writeHead(status, { 'content-type': 'application/xml', date: new Date().toUTCString() });
      response.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>injected</Message></Error>`);
      return;
    }
    if (fault === 'stalled') return;
    if (fault === 'slow') await new Promise((resolve) => setTimeout(resolve, random() * 300));
    const { method, url = '/' } = incoming;
    const path = decodeURIComponent(url.split('?')[0] ?? '');
    if (method === 'DELETE') onChange?.({ path });
    const { answer, data } = await forward(incoming, body);
    const done = answer.statusCode !== undefined && answer.statusCode < 300;
    if (method === 'PUT' && done) onChange?.({ path, body, etag: answer.headers.etag ?? '' });
    if (fault === 'lost-reply') {
      incoming.socket.destroy();
      return;
    }
    response.writeHead(answer.statusCode ?? 502, answer.headers);
    if (fault === 'half-body' && data.length > 1) {
      response.write(data.subarray(0, data.length / 2), () => incoming.socket.destroy());
      return;
    }
    response.end(data);
  };

  const server = createServer((incoming, response) => {
    handle(incoming, response)
      .catch(() => incoming.socket.destroy())
      .finally(() => onRequest?.());
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  const proxy: FaultyProxy = {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    injected,
    requests: () => requests,
    faultShare: 0,
    isDown: false,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
  return proxy;
}
