import { createServer, type IncomingMessage, request, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { basename } from 'node:path';
import { buffer } from 'node:stream/consumers';
import type { ObjectStore } from '@bucket-radio/object-store';

type Answer = (incoming: IncomingMessage, body: Buffer, response: ServerResponse) => Promise<void>;

/** A loopback proxy that counts requests and notes when an object was whole and when a playlist first named it. */
export class Meter {
  readonly #server: Server;
  readonly #answer: Answer;
  readonly #bodyEnds = new Map<string, number>();
  readonly #names = new Map<string, number>();
  readonly #waiting = new Map<string, () => void>();
  requests = 0;

  private constructor(answer: Answer) {
    this.#answer = answer;
    this.#server = createServer((incoming, response) => {
      this.#handle(incoming, response).catch(() => response.destroy());
    });
  }

  /** In front of an S3 server; requests pass as they are. */
  static async start(target: string): Promise<Meter> {
    const { hostname, port } = new URL(target);
    return await new Meter(async (incoming, body, response) => {
      const { method, url: path, headers } = incoming;
      const answer = await new Promise<IncomingMessage>((resolve, reject) => {
        request({ hostname, port, method, path, headers }, resolve).once('error', reject).end(body);
      });
      const data = await buffer(answer);
      response.writeHead(answer.statusCode ?? 502, answer.headers).end(data);
    }).#listen();
  }

  /** For a program that speaks plain HTTP: what it puts and deletes is put and deleted in `store`. */
  static async startSigning(store: ObjectStore): Promise<Meter> {
    return await new Meter(async (incoming, body, response) => {
      const key = (incoming.url ?? '').slice(1);
      if (incoming.method === 'DELETE') await store.delete(key);
      else await store.put(key, body, { attributes: { contentType: 'application/octet-stream' } });
      response.writeHead(200).end();
    }).#listen();
  }

  get endpoint(): string {
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}`;
  }

  /** Monotonic moment at which the last byte of an object arrived. @param name end of its path */
  bodyEndedAt(name: string): number | undefined {
    return find(this.#bodyEnds, name);
  }

  /** Monotonic moment at which a media playlist was stored that was the first to name it. */
  namedAt(name: string): number | undefined {
    return find(this.#names, name);
  }

  async waitForBody(name: string): Promise<void> {
    await new Promise<void>((resolve) => this.#waiting.set(name, resolve));
  }

  reset(): void {
    this.requests = 0;
  }

  close(): void {
    this.#server.closeAllConnections();
    this.#server.close();
  }

  async #listen(): Promise<Meter> {
    this.#server.listen(0, '127.0.0.1');
    await new Promise((resolve) => this.#server.once('listening', resolve));
    return this;
  }

  async #handle(incoming: IncomingMessage, response: ServerResponse): Promise<void> {
    const body = await buffer(incoming);
    const path = (incoming.url ?? '').split('?')[0] ?? '';
    this.requests += 1;
    if (incoming.method === 'PUT') {
      this.#bodyEnds.set(path, performance.now());
      for (const [name, resolve] of this.#waiting) if (path.endsWith(name)) resolve();
    }
    await this.#answer(incoming, body, response);
    if (incoming.method !== 'PUT' || !path.endsWith('.m3u8')) return;
    const rendition = basename(path, '.m3u8');
    for (const line of body.toString().split('\n')) {
      const name = `${rendition}/${basename(line)}`;
      if (line !== '' && !line.startsWith('#') && !this.#names.has(name)) this.#names.set(name, performance.now());
    }
  }
}

function find(times: ReadonlyMap<string, number>, name: string): number | undefined {
  for (const [path, time] of times) if (path.endsWith(name)) return time;
  return undefined;
}
