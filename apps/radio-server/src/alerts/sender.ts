import { setTimeout as sleep } from 'node:timers/promises';
import type { Alert } from './alert.ts';

/** Somebody who is told of alerts. */
export interface AlertSink {
  /** For the log: "the webhook". Holds no address. */
  readonly name: string;
  readonly send: (alert: Alert) => Promise<void>;
}

export interface AlertSenderOptions {
  readonly sink: AlertSink;
  readonly log: { warn(message: string): void; error(message: string): void };
  readonly sleep?: (ms: number, signal: AbortSignal) => Promise<unknown>;
  readonly random?: () => number;
}

/** Alerts that may wait for a sink; past it the oldest are dropped, and the log says so. */
const MAX_WAITING_ALERTS = 100;
/** 1 s, 2 s, 4 s … about four minutes in all. */
const MAX_TRIES = 8;
const FIRST_WAIT_MS = 1_000;
const MAX_WAIT_MS = 120_000;

/** Delivers alerts in order, tries again when a sink refuses, and gives up in the end: it never holds the station up. */
export class AlertSender {
  readonly #options: AlertSenderOptions;
  readonly #waiting: Alert[] = [];
  readonly #abort = new AbortController();
  #working: Promise<void> | undefined;

  constructor(options: AlertSenderOptions) {
    this.#options = options;
  }

  /** Returns at once. */
  send(alert: Alert): void {
    const { sink, log } = this.#options;
    if (this.#abort.signal.aborted) return;
    this.#waiting.push(alert);
    if (this.#waiting.length > MAX_WAITING_ALERTS) {
      const dropped = this.#waiting.shift();
      log.error(`${sink.name} was not told of "${dropped?.message}": ${MAX_WAITING_ALERTS} alerts wait for it`);
    }
    this.#working ??= this.#work().finally(() => {
      this.#working = undefined;
    });
  }

  /** Resolves when nothing waits. */
  async whenIdle(): Promise<void> {
    while (this.#working !== undefined) await this.#working;
  }

  /** Ends the waiting between tries; what waits is not sent. */
  close(): void {
    this.#waiting.length = 0;
    this.#abort.abort();
  }

  async #work(): Promise<void> {
    for (let alert = this.#waiting.shift(); alert !== undefined; alert = this.#waiting.shift()) {
      await this.#deliver(alert);
    }
  }

  async #deliver(alert: Alert): Promise<void> {
    const { sink, log } = this.#options;
    const { signal } = this.#abort;
    for (let tries = 1; !signal.aborted; tries++) {
      const problem = await sink.send(alert).then(
        () => undefined,
        (error: unknown) => (error instanceof Error ? error.message : String(error)),
      );
      if (problem === undefined) return;
      if (tries === MAX_TRIES) {
        log.error(`${sink.name} was not told of "${alert.message}": ${problem}; ${tries} tries`);
        return;
      }
      log.warn(`${sink.name}: ${problem}; trying again`);
      await this.#wait(tries).catch(() => undefined);
    }
  }

  async #wait(tries: number): Promise<void> {
    const { random = Math.random } = this.#options;
    const longest = Math.min(MAX_WAIT_MS, FIRST_WAIT_MS * 2 ** (tries - 1));
    const wait = longest * (0.75 + random() / 4);
    const rest = this.#options.sleep ?? ((ms, signal) => sleep(ms, undefined, { signal }));
    await rest(wait, this.#abort.signal);
  }
}
