import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';

interface HostedPage {
  readonly html: string;
  readonly csp?: string;
}

/** A site that somebody puts a player on, or a CDN that serves the player's files (to every origin). */
export class EmbedHost {
  readonly #pages = new Map<string, HostedPage>();
  readonly #server: Server;

  /** @param files the player's files, under `/player/`; a site without any takes them from elsewhere */
  constructor(files: ReadonlyMap<string, Uint8Array> = new Map()) {
    this.#server = createServer((request, response) => {
      const path = (request.url ?? '').replace(/\?.*$/, '');
      const page = this.#pages.get(path);
      const file = files.get(path.replace(/^\/player\//, ''));
      if (page !== undefined) {
        if (page.csp !== undefined) response.setHeader('Content-Security-Policy', page.csp);
        response.setHeader('Content-Type', 'text/html; charset=utf-8');
        response.end(page.html);
      } else if (file !== undefined) {
        response.setHeader('Access-Control-Allow-Origin', '*');
        response.setHeader('Content-Type', 'text/javascript');
        response.end(file);
      } else response.writeHead(path === '/favicon.ico' ? 204 : 404).end();
    });
  }

  /** @returns the origin */
  async listen(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** @param body of the page, with its script tags */
  page(path: string, body: string, csp?: string): void {
    const html = `<!doctype html><html lang="en"><meta charset="utf-8"><title>A site</title>${body}`;
    this.#pages.set(path, csp === undefined ? { html } : { html, csp });
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }
}
