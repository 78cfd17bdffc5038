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

/** What a request is to an upload. */
export type Step = 'create' | 'part' | 'complete' | 'other';

function stepOf(method: string, url: string): Step {
  if (method === 'PUT' && url.includes('partNumber=')) return 'part';
  if (method !== 'POST') return 'other';
  return url.includes('uploadId=') ? 'complete' : 'create';
}

export interface FaultyProxy {
  readonly endpoint: string;
  /** How often each fault was played. */
  readonly played: ReadonlyMap<Fault, number>;
  /** Bytes of parts that arrived here, also those of requests that came to nothing. */
  readonly partBytes: () => number;
  close(): void;
}

export interface FaultyProxyOptions {
  readonly upstream: string;
  /** The fault of this request; none by default. */
  readonly faultFor?: (step: Step) => Fault | undefined;
  /** Told of a step of an upload before it is passed on, and again when the server has done it; each waits for it. */
  readonly onStep?: (step: Step, at: 'before' | 'after') => Promise<void> | void;
  /** Told of part bytes as they arrive, in all. */
  readonly onPartBytes?: (total: number) => void;
}

/** A proxy in front of an S3 server on the loopback network that plays faults. */
export async function startFaultyProxy(options: FaultyProxyOptions): Promise<FaultyProxy> {
  const { upstream, faultFor, onStep, onPartBytes } = options;
  const { hostname, port } = new URL(upstream);
  const played = new Map<Fault, number>();
  let partBytes = 0;

  const forward = async (incoming: IncomingMessage, outgoing: ServerResponse, step: Step, lost: boolean) => {
    const { method, url, headers } = incoming;
    await onStep?.(step, 'before');
    const upstreamRequest = httpRequest({ hostname, port, method, path: url, headers }, (answer) => {
      if (lost) {
        // The server has done it; nobody hears of it.
        answer.resume();
        answer.once('end', () => incoming.socket.destroy());
        return;
      }
      const reply = (): void => {
        outgoing.writeHead(answer.statusCode ?? 502, answer.headers);
        answer.pipe(outgoing);
      };
      Promise.resolve(onStep?.(step, 'after')).then(reply, () => incoming.socket.destroy());
    });
    upstreamRequest.on('error', () => incoming.socket.destroy());
    incoming.on('error', () => upstreamRequest.destroy());
    incoming.on('close', () => {
      if (!incoming.complete) upstreamRequest.destroy();
    });
    incoming.pipe(upstreamRequest);
  };

  const play = (fault: Fault, incoming: IncomingMessage, outgoing: ServerResponse, step: Step): void => {
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
        forward(incoming, outgoing, step, true).catch(() => incoming.socket.destroy());
    }
  };

  const server = createServer((incoming, outgoing) => {
    outgoing.on('error', () => {});
    const step = stepOf(incoming.method ?? '', incoming.url ?? '');
    if (step === 'part') {
      incoming.on('data', (chunk: Buffer) => {
        partBytes += chunk.length;
        onPartBytes?.(partBytes);
      });
      incoming.pause();
    }
    const fault = faultFor?.(step);
    if (fault === undefined) {
      forward(incoming, outgoing, step, false).catch(() => incoming.socket.destroy());
      return;
    }
    played.set(fault, (played.get(fault) ?? 0) + 1);
    play(fault, incoming, outgoing, step);
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
