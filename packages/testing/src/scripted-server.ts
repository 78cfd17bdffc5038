import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { buffer } from 'node:stream/consumers';

/** One answer of the script; `lost` ends the connection without one, `silent` never answers. */
export type Answer =
  | 'lost'
  | 'silent'
  | { readonly status: number; readonly headers?: Record<string, string>; readonly body?: string };

export interface Received {
  readonly method: string;
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  readonly bytes: number;
}

/** A loopback HTTP server that gives the answers of a script, one per request; after its end, status 418. */
export interface ScriptedServer {
  readonly endpoint: string;
  readonly received: readonly Received[];
  readonly connections: () => number;
  play(...answers: readonly Answer[]): void;
  close(): void;
}

/** Starts one on a port of the system's choice. */
export async function startScriptedServer(): Promise<ScriptedServer> {
  const script: Answer[] = [];
  const received: Received[] = [];
  let connections = 0;

  const handle = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    const { length } = await buffer(request);
    received.push({ method: request.method ?? '', url: request.url ?? '', headers: request.headers, bytes: length });
    const answer = script.shift() ?? { status: 418, body: 'the script is over' };
    if (answer === 'lost') {
      request.socket.destroy();
    } else if (answer !== 'silent') {
      response.writeHead(answer.status, answer.headers);
      response.end(answer.body);
    }
  };
  const server: Server = createServer((request, response) => {
    handle(request, response).catch(() => response.destroy());
  });
  server.on('connection', () => {
    connections++;
  });
  server.listen(0, '127.0.0.1');
  await new Promise((resolve) => server.once('listening', resolve));
  return {
    endpoint: `http://127.0.0.1:${(server.address() as AddressInfo).port}`,
    received,
    connections: () => connections,
    play: (...answers) => {
      script.push(...answers);
    },
    close() {
      server.closeAllConnections();
      server.close();
    },
  };
}

/** An error as S3 writes it. */
export function s3Error(status: number, code: string, headers: Record<string, string> = {}): Answer {
  const body = `<?xml version="1.0" encoding="UTF-8"?><Error><Code>${code}</Code><Message>told by ${code}</Message></Error>`;
  return { status, headers: { 'content-type': 'application/xml', ...headers }, body };
}
