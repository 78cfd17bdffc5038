import type { RadioStats } from '../src/engine/types.ts';
import type { RenditionFixture } from './fixtures.ts';
import type { PageServer } from './page-server.ts';
import { type Recording, readRecording } from './recording.ts';
import { RollingBucket } from './rolling-bucket.ts';

/** How long a condition may take; only a hang is worth a failure. */
const PATIENCE_MS = 60_000 + 10_000 * Number(process.env['PROVE_SCALE'] ?? 1);

/** What is needed of a page. Playwright's fit as they are. */
export interface DrivenPage {
  goto(url: string): Promise<unknown>;
  /** @param expression its value, or what its promise resolves to, as JSON has it */
  evaluate<T>(expression: string): Promise<T>;
  close(): Promise<void>;
}

export interface BrowserListeningOptions {
  readonly browser: { newPage(): Promise<DrivenPage> };
  readonly pages: PageServer;
  /** Of the page with the engine. */
  readonly url: string;
  readonly fixture: Readonly<Record<'hq' | 'lq', RenditionFixture>>;
  readonly head: number;
}

/** At most so many pages play at once: each decodes, and the test machine may have two cores. */
const MAX_PAGES = 2;

/** A page that got no time for this long was starved by the machine: what it did then says nothing about the player. */
const STARVED_MS = 400;
const MAX_ATTEMPTS = 4;

let recordings = 0;
const running = new Set<Promise<void>>();

/** A page with an engine, and a bucket of its own for it; several may run side by side. */
export class BrowserListening {
  readonly page: DrivenPage;
  readonly bucket: RollingBucket;
  readonly #src: string;
  readonly #pages: PageServer;

  private constructor(page: DrivenPage, bucket: RollingBucket, src: string, pages: PageServer) {
    this.page = page;
    this.bucket = bucket;
    this.#src = src;
    this.#pages = pages;
  }

  /**
   * Opens the page, runs `test`, and closes page and bucket whatever came of it. When the machine starved the page
   * meanwhile, it is another try.
   */
  static async run(options: BrowserListeningOptions, test: (l: BrowserListening) => Promise<void>): Promise<void> {
    while (running.size >= MAX_PAGES) await Promise.race(running);
    const turn = BrowserListening.#attempts(options, test);
    const settled = turn.catch(() => undefined);
    running.add(settled);
    await settled;
    running.delete(settled);
    await turn;
  }

  static async #attempts(options: BrowserListeningOptions, test: (l: BrowserListening) => Promise<void>) {
    for (let attempt = 1; ; attempt++) {
      const { longestStallMs, error } = await BrowserListening.#attempt(options, test);
      if (error === undefined) return;
      if (attempt === MAX_ATTEMPTS || longestStallMs < STARVED_MS) throw error;
    }
  }

  static async #attempt(
    { browser, pages, url, fixture, head }: BrowserListeningOptions,
    test: (l: BrowserListening) => Promise<void>,
  ): Promise<{ longestStallMs: number; error?: unknown }> {
    const bucket = new RollingBucket({ fixture, segmentSeconds: 1, windowSegments: 12, head });
    const src = await bucket.listen();
    const page = await browser.newPage();
    try {
      await page.goto(url);
      await test(new BrowserListening(page, bucket, src, pages));
      return { longestStallMs: 0 };
    } catch (error) {
      return { longestStallMs: await page.evaluate<number>('longestStallMs()'), error };
    } finally {
      await page.close();
      bucket.close();
    }
  }

  /** Presses play. */
  async start(options: object = {}): Promise<void> {
    await this.page.evaluate(`startRadio(${JSON.stringify({ src: this.#src, ...options })})`);
  }

  /** Another engine goes on; resolves with the frame, and with what left the first one. */
  async handOver(options: object): Promise<{ readonly frame: number; readonly recording: Recording }> {
    const name = String(recordings++);
    const frame = await this.page.evaluate<number>(`(async () => {
      const first = window.radio;
      const { frame } = await handOver(${JSON.stringify({ src: this.#src, ...options })});
      const second = window.radio;
      // The last blocks may be on their way from the audio thread, or that has come to rest already.
      const blocks = first.blocks.length;
      const enough = performance.now() + 500;
      while (first.blocks.length === blocks && performance.now() < enough) {
        await new Promise((resolve) => setTimeout(resolve, 10));
      }
      window.radio = first;
      await sendRecording(${JSON.stringify(name)});
      window.radio = second;
      return frame;
    })()`);
    return { frame, recording: readRecording(this.#pages.recording(name)) };
  }

  /** As one expression: `waitForFunction` needs `unsafe-eval`, which the page's policy rightly forbids. */
  async until(condition: string): Promise<void> {
    await this.page.evaluate(`new Promise((resolve, reject) => {
      const giveUp = performance.now() + ${PATIENCE_MS};
      const look = () => {
        if (${condition}) resolve();
        else if (performance.now() > giveUp) reject(new Error('did not happen: ' + radio.events.join(', ')));
        else setTimeout(look, 30);
      };
      look();
    })`);
  }

  /** Waits for `count` segments in a row whose events match `pattern`, after the first `from` events. */
  async heard(pattern: RegExp, count: number, from: number = 0): Promise<void> {
    await this.until(`radio.events.slice(${from}).filter((event) => ${pattern}.test(event)).length >= ${count}`);
  }

  async seen(event: string): Promise<void> {
    await this.until(`radio.events.includes(${JSON.stringify(event)})`);
  }

  async events(): Promise<string[]> {
    return this.page.evaluate('radio.events');
  }

  async stats(): Promise<RadioStats> {
    return this.page.evaluate('radio.engine.stats');
  }

  /** What left the engine so far. */
  async record(): Promise<Recording> {
    const name = String(recordings++);
    await this.page.evaluate(`sendRecording(${JSON.stringify(name)})`);
    return readRecording(this.#pages.recording(name));
  }
}
