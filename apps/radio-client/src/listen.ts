import type { Server } from 'node:http';
import { createAdaptorServer } from '@hono/node-server';
import type { Hono } from 'hono';
import type { SiteConfig } from './config.ts';

/** An address that cannot be listened on; the message names the variable to change. */
export class ListenError extends Error {
  override readonly name = 'ListenError';
}

const REASONS: Readonly<Record<string, readonly [reason: string, variable: string]>> = {
  EADDRINUSE: ['is in use by another program', 'PORT'],
  EACCES: ['may not be used by this account', 'PORT'],
  EADDRNOTAVAIL: ['is not an address of this machine', 'RADIO_HOST'],
  ENOTFOUND: ['is not an address of this machine', 'RADIO_HOST'],
};

/**
 * Serves `app`. @returns ends it, open connections included
 * @throws ListenError when the address cannot be had
 */
export async function listen(
  app: Hono,
  { host, port }: Pick<SiteConfig, 'host' | 'port'>,
): Promise<() => Promise<void>> {
  const server = createAdaptorServer({ fetch: app.fetch }) as Server;
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error: NodeJS.ErrnoException) => {
      const [reason, variable] = REASONS[error.code ?? ''] ?? [`cannot be used (${error.code})`, 'PORT'];
      reject(new ListenError(`the listener site: ${host}:${port} ${reason}; set ${variable} to another`));
    });
    server.listen(port, host, resolve);
  });
  return async () => {
    const closed = new Promise((resolve) => server.close(resolve));
    server.closeAllConnections();
    await closed;
  };
}
