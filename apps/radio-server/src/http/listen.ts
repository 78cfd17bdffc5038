import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';

/** An address that cannot be listened on; the message names the variable to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

export interface ListenOptions {
  readonly host: string;
  readonly port: number;
  /** What would answer there, for the error: "the monitor". */
  readonly what: string;
  /** The environment variable that moves it. */
  readonly variable: string;
}

export interface Listener {
  readonly host: string;
  readonly port: number;
  /** Ends open connections, event streams included. */
  close(): Promise<void>;
}

const REASONS: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is in use by another program',
  EACCES: 'may not be used by this account',
  EADDRNOTAVAIL: 'is not an address of this machine',
  ENOTFOUND: 'is not an address of this machine',
};

/** @throws ListenError when the address cannot be had */
export async function listen(app: Hono, { host, port, what, variable }: ListenOptions): Promise<Listener> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const reason = REASONS[error.code ?? ''] ?? `cannot be used (${error.code})`;
      const fix = error.code === 'EADDRNOTAVAIL' || error.code === 'ENOTFOUND' ? 'RADIO_HOST' : variable;
      reject(new ListenError(`${what}: ${host}:${port} ${reason}; set ${fix} to another`));
    });
    server.listen(port, host, resolve);
  });
  return {
    host,
    port,
    close: async () => {
      const closed = new Promise((resolve) => server.close(resolve));
      server.closeAllConnections();
      await closed;
    },
  };
}
