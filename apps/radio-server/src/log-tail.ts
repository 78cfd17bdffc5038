/** One line of the log, as the monitor shows it. */
export interface LogLine {
  readonly atMs: number;
  readonly level: 'trace' | 'debug' | 'info' | 'warn' | 'error' | 'fatal';
  readonly message: string;
}

const LEVELS: Readonly<Record<number, LogLine['level']>> = {
  10: 'trace',
  20: 'debug',
  30: 'info',
  40: 'warn',
  50: 'error',
  60: 'fatal',
};
const KEPT_LINES = 200;
const MAX_LINE_CHARACTERS = 600;

/** The last lines of the log; a stream for pino, which writes one JSON object at a time. */
export class LogTail {
  #lines: readonly LogLine[] = [];
  onLine: ((line: LogLine) => void) | undefined;

  get lines(): readonly LogLine[] {
    return this.#lines;
  }

  write(json: string): void {
    const { level, msg, time } = JSON.parse(json) as { level: number; msg?: string; time: string | number };
    const line: LogLine = {
      atMs: new Date(time).getTime(),
      level: LEVELS[level] ?? 'info',
      message: (msg ?? '').slice(0, MAX_LINE_CHARACTERS),
    };
    this.#lines = [...this.#lines, line].slice(-KEPT_LINES);
    this.onLine?.(line);
  }
}
