import type { Logger } from './log.ts';

/** From the first signal until the process must be gone: a container is killed after 30 s. */
export const STOP_DEADLINE_MS = 25_000;

/** The parts of a station that end when it stops, by name: whoever waits too long can say for what. */
export class StopTasks {
  readonly #unfinished = new Map<symbol, () => string>();

  /** Names of what has begun and not ended. */
  get unfinished(): readonly string[] {
    return [...this.#unfinished.values()].map((describe) => describe());
  }

  /** @param describe names the task as it is when asked */
  async run<T>(describe: () => string, task: () => Promise<T>): Promise<T> {
    const id = Symbol('task');
    this.#unfinished.set(id, describe);
    try {
      return await task();
    } finally {
      this.#unfinished.delete(id);
    }
  }
}

export interface StopDeadlineOptions {
  readonly log: Pick<Logger, 'fatal'>;
  readonly unfinished: () => readonly string[];
  /** Ends the process. */
  readonly exit: (code: number) => void;
  readonly deadlineMs?: number;
}

/** A stop has begun: ends the process with code 1 when it is not over in time, and says what hung. */
export function startStopDeadline(options: StopDeadlineOptions): void {
  const { log, unfinished, exit, deadlineMs = STOP_DEADLINE_MS } = options;
  const end = (): void => {
    const tasks = unfinished();
    const which = tasks.length === 0 ? 'something unknown' : tasks.join(', ');
    log.fatal(`not stopped after ${deadlineMs / 1000} s: ${which} did not end; ended without it`);
    exit(1);
  };
  // A stop that is over must not wait for this.
  setTimeout(end, deadlineMs).unref();
}
