import type { Page, Request } from 'playwright-core';

/** Lines that are kept: those of the last minutes. */
const MAX_LINES = 400;
const MUTABLE = ['manifest.json', 'hq.m3u8', 'lq.m3u8'] as const;

/**
 * Everything a page asked of a station and when, and what the station said at that moment whenever something was refused:
 * so that a player that fails once in a long run can be understood afterwards.
 */
export class PlayerLog {
  /** `STATUS URL` of every answer that was no success, and requests that had none. */
  readonly refused: string[] = [];
  readonly statuses: Map<number, number> = new Map<number, number>();
  readonly #liveUrl: string;
  readonly #startMs = performance.now();
  readonly #lines: string[] = [];
  readonly #looks: Promise<void>[] = [];

  constructor(page: Page, liveUrl: string) {
    this.#liveUrl = liveUrl;
    page.on('response', (response) => this.#answered(response.request(), response.status()));
    page.on('requestfailed', (request) => this.#failed(request));
    page.on('console', (message) => {
      if (message.type() === 'error') this.note(`console: ${message.text()}`);
    });
    page.on('pageerror', (error) => this.note(`page: ${error.message}`));
  }

  note(line: string): void {
    this.#lines.push(`${((performance.now() - this.#startMs) / 1000).toFixed(2).padStart(9)} s  ${line}`);
    if (this.#lines.length > MAX_LINES) this.#lines.shift();
  }

  /** The log as text, once every look at the station is over. */
  async text(): Promise<string> {
    await Promise.allSettled(this.#looks);
    return this.#lines.join('\n');
  }

  #answered(request: Request, status: number): void {
    if (!request.url().startsWith(this.#liveUrl)) return;
    this.statuses.set(status, (this.statuses.get(status) ?? 0) + 1);
    this.note(`${status} ${this.#name(request)}${sinceStart(request)}`);
    if (status < 400) return;
    this.refused.push(`${status} ${request.url()}`);
    this.#looks.push(this.#look());
  }

  /** A player may give a request up; that is for it to say. */
  #failed(request: Request): void {
    if (!request.url().startsWith(this.#liveUrl)) return;
    this.note(`no answer: ${request.failure()?.errorText ?? 'unknown'} ${this.#name(request)}${sinceStart(request)}`);
    this.#looks.push(this.#look());
  }

  #name(request: Request): string {
    return request.url().slice(this.#liveUrl.length + 1);
  }

  /** What the station says now. */
  async #look(): Promise<void> {
    for (const key of MUTABLE) {
      const text = await fetch(`${this.#liveUrl}/${key}`).then(async (answer) => await answer.text(), String);
      this.note(`${key} says:\n${text}`);
    }
  }
}

function sinceStart(request: Request): string {
  const { startTime, responseStart } = request.timing();
  const ageMs = Date.now() - startTime;
  const waited = responseStart >= 0 ? `, first byte after ${responseStart.toFixed(0)} ms` : '';
  return ` (asked ${ageMs.toFixed(0)} ms ago${waited})`;
}
