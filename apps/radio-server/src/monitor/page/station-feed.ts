import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Minute, MonitorStatus } from '../../desk/monitor-status.ts';
import type { LogLine } from '../../log-tail.ts';
import type { Levels } from '../../status.ts';

const CLOCK_MS = 1_000;
const SHOWN_LINES = 200;
const SHOWN_MINUTES = 24 * 60;

/** What moves more often than the page is drawn. */
export interface FastEvents {
  readonly onLevels: (levels: Levels) => void;
  readonly onSpectrum: (bands: readonly number[]) => void;
}

/**
 * What the station tells, kept current while the element is on the page. Rely on `status` after the first event;
 * `connected` is false from a lost connection until the browser has it again, which it tries by itself.
 */
export class StationFeed implements ReactiveController {
  status: MonitorStatus | null = null;
  lines: readonly LogLine[] = [];
  minutes: readonly Minute[] = [];
  connected = false;
  /** The connection was there once: without it, what is shown is old. */
  wasConnected = false;
  nowMs: number = Date.now();
  readonly #host: ReactiveControllerHost;
  readonly #fast: FastEvents;
  #events: EventSource | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  constructor(host: ReactiveControllerHost, fast: FastEvents) {
    this.#host = host;
    this.#fast = fast;
    host.addController(this);
  }

  hostConnected(): void {
    const events = new EventSource('/events');
    this.#events = events;
    this.#clock = setInterval(() => this.#change({ nowMs: Date.now() }), CLOCK_MS);
    events.onopen = () => {
      this.#change({ connected: true, wasConnected: true });
      void this.#catchUp();
    };
    events.onerror = () => this.#change({ connected: false });
    this.#listen<MonitorStatus | null>('status', (status) => this.#change({ status }));
    this.#listen<Levels>('levels', this.#fast.onLevels);
    this.#listen<readonly number[]>('spectrum', this.#fast.onSpectrum);
    this.#listen<LogLine>('log', (line) => this.#change({ lines: [...this.lines, line].slice(-SHOWN_LINES) }));
    this.#listen<Minute>('minute', (minute) =>
      this.#change({ minutes: [...this.minutes, minute].slice(-SHOWN_MINUTES) }),
    );
  }

  hostDisconnected(): void {
    this.#events?.close();
    clearInterval(this.#clock);
  }

  /** What happened while nobody listened. */
  async #catchUp(): Promise<void> {
    const read = async <Data>(path: string): Promise<Data> => (await (await fetch(path)).json()) as Data;
    try {
      const [lines, minutes] = await Promise.all([read<LogLine[]>('/log'), read<Minute[]>('/history')]);
      this.#change({ lines, minutes });
    } catch {
      // The connection is gone again: the next one brings it.
    }
  }

  #listen<Data>(name: string, receive: (data: Data) => void): void {
    this.#events?.addEventListener(name, (event) => receive(JSON.parse((event as MessageEvent<string>).data) as Data));
  }

  #change(
    values: Partial<Pick<StationFeed, 'status' | 'lines' | 'minutes' | 'connected' | 'wasConnected' | 'nowMs'>>,
  ): void {
    Object.assign(this, values);
    this.#host.requestUpdate();
  }
}
