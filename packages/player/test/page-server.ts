import { readFile } from 'node:fs/promises';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { bundlePlayer } from '../tools/bundle.ts';

/** What a careful site sends: no inline script, no inline style (a shadow root's own sheet is neither), no `blob:`. */
export const STRICT_CSP = "default-src 'none'; script-src 'self'; connect-src *; style-src 'self'";

/** The same for the element engine: a media source has a `blob:` address. */
const MEDIA_CSP = `${STRICT_CSP}; media-src blob:`;

/** For the browser's own HLS: playlists are where the bucket is. */
const HLS_CSP = `${STRICT_CSP}; media-src *`;

/** And for decoders in WebAssembly. */
const WASM_CSP = STRICT_CSP.replace("'self'", "'self' 'wasm-unsafe-eval'");

/** By what the page's address ends with. */
const POLICIES: Readonly<Record<string, string>> = { media: MEDIA_CSP, hls: HLS_CSP, wasm: WASM_CSP };

const TYPES: Readonly<Record<string, string>> = { css: 'text/css', html: 'text/html', js: 'text/javascript' };

/** Serves the bundled player and the files of `test/page`, under a strict Content-Security-Policy. */
export class PageServer {
  readonly #recordings = new Map<string, Buffer>();
  readonly #server: Server;
  #files: ReadonlyMap<string, Uint8Array> = new Map();

  constructor() {
    this.#server = createServer((request, response) => {
      this.#answer(request, response).catch(() => response.writeHead(404).end());
    });
  }

  /** Serves one more file. */
  add(name: string, content: Uint8Array): void {
    this.#files = new Map([...this.#files, [name, content]]);
  }

  /** Bundles the player and returns the address of the test page. */
  async listen(): Promise<string> {
    this.#files = (await bundlePlayer()).files;
    await new Promise<void>((resolve) => this.#server.listen(0, '127.0.0.1', resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }

  /** What a page posted last as `name`, in pieces `?0`, `?1`, … */
  recording(name: string): Buffer {
    return this.#recordings.get(`/recording/${name}`) ?? Buffer.alloc(0);
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    if (request.method === 'POST') {
      const parts: Buffer[] = [];
      for await (const part of request) parts.push(part as Buffer);
      const [name = '', piece] = (request.url ?? '').split('?');
      const before = piece === '0' ? [] : [this.#recordings.get(name) ?? Buffer.alloc(0)];
      this.#recordings.set(name, Buffer.concat([...before, ...parts]));
      response.writeHead(204).end();
      return;
    }
    const name = (request.url ?? '').replace(/^\/|\?.*$/g, '') || 'index.html';
    const kind = request.url?.split('?')[1];
    const csp = POLICIES[kind ?? ''] ?? STRICT_CSP;
    const body = this.#files.get(name) ?? (await readFile(new URL(`page/${name}`, import.meta.url)));
    const type = TYPES[name.split('.').at(-1) ?? ''] ?? 'application/octet-stream';
    response.writeHead(200, { 'Content-Type': type, 'Content-Security-Policy': csp }).end(body);
  }
}
