import { createServer, request as httpRequest, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** What may happen to a request between client and server. */
export const FAULTS = [
  'status-500',
  'status-503',
  'status-429',
  'skew',
  'reset',
  'stall',
  'half-body',
  'lost-reply',
] as const;
export type Fault = (typeof FAULTS)[number];

export interface FaultyProxy {
  readonly endpoint: string;
  /** How often each fault was played. */
  readonly played: ReadonlyMap<Fault, number>;
  /** Bytes of bodies of requests that put parts. */
  readonly partBytes: () => number;
  close(): void;
}

export interface FaultyProxyOptions {
  readonly upstream: string;
  /** The fault of this request, or none. */
  readonly faultFor: (method: string, url: string) => Fault | undefined;
}

/** A proxy in front of an S3 server on the loopback network that plays faults. */
export async function startFaultyProxy({ upstream, faultFor }: FaultyProxyOptions): Promise<FaultyProxy> {
  const { hostname, port } = new URL(upstream);
  const played = new Map<Fault, number>();
  let partBytes = 0;

  const forward = (incoming: IncomingMessage, outgoing: ServerResponse, loseReply: boolean): void => {
    const { method, url, headers } = incoming;
    const upstreamRequest = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      if (loseReply) {
        // The server has done it; nobody hears of it.
        answer.resume();
        answer.once('end', () => incoming.socket.destroy());
        return;
      }
      outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
      answer.pipe(outgoing);
    });
    upstreamRequest.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => upstreamRequest.destroy());
    incoming.on('close', () => {
      if (!incoming.complete) upstreamRequest.destroy();
    });
    incoming.pipe(upstreamRequest);
  };

  const play = (fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse): void => {
    const drainThen = (act: () => void): void => {
      incoming.resume();
      incoming.once('end', act);
    };
    switch (fault) {
      case 'status-500':
        drainThen(() => answerError(outgoing, 500, 'InternalError'));
        return;
      case 'status-503':
        drainThen(() => answerError(outgoing, 503, 'SlowDown'));
        return;
      case 'status-429':
        drainThen(() => answerError(outgoing, 429, 'TooManyRequests'));
        return;
      case 'skew':
        drainThen(() => answerError(outgoing, 403, 'RequestTimeTooSkewed'));
        return;
      case 'reset':
        incoming.socket.destroy();
        return;
      case 'stall':
        // The connection stays open and carries nothing more, until the client's own timeout.
        incoming.pause();
        return;
      case 'half-body': {
        const half = Number(incoming.headers['content-length'] ?? 0) / 2;
        let seen = 0;
        incoming.on('data', (chunk: Buffer) => {
          seen += chunk.length;
          if (seen >= half) incoming.socket.destroy();
        });
        return;
      }
      case 'lost-reply':
        forward(incoming, outgoing, true);
    }
  };

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => {});
    const { method = '', url = '' } = incoming;
    if (method === 'PUT' && url.includes('partNumber=')) {
      incoming.on('data', (chunk: Buffer) => {
        partBytes += chunk.length;
      });
      incoming.pause();
    }
    const fault = faultFor(method, url);
    if (fault === undefined) {
      forward(incoming, outgoing, false);
      return;
    }
    played.set(fault, (played.get(fault) ?? 0) + 1);
    play(fault, incoming, outgoing);
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    played,
    partBytes: () => partBytes,
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answerError(outgoing: ServerResponse, status: number, code: string): void {
  outgoing.writeHead(status, { 'content-type': 'application/xml' });
  outgoing.end(`<?xml version="1.0"?><Error><Code>${code}</Code><Message>played by the proxy</Message></Error>`);
}
