import type { ReactiveController, ReactiveControllerHost } from 'lit';
import type { Levels, SegmentStatus, StationStatus } from '../../status.ts';
import { mergeSegment } from './segments.ts';

const CLOCK_MS = 1_000;

/**
 * What the station tells, kept current while the element is on the page. Rely on `status` after the first event;
 * `connected` is false from a lost connection until the browser has it again, which it tries by itself.
 */
export class StationFeed implements ReactiveController {
  status: StationStatus | null = null;
  connected = false;
  /** The connection was there once: without it, what is shown is old. */
  wasConnected = false;
  nowMs: number = Date.now();
  readonly #host: ReactiveControllerHost;
  readonly #onLevels: (levels: Levels) => void;
  #events: EventSource | undefined;
  #clock: ReturnType<typeof setInterval> | undefined;

  /** @param onLevels called ten times a second; levels do not render the whole page */
  constructor(host: ReactiveControllerHost, onLevels: (levels: Levels) => void) {
    this.#host = host;
    this.#onLevels = onLevels;
    host.addController(this);
  }

  hostConnected(): void {
    const events = new EventSource('/events');
    this.#events = events;
    this.#clock = setInterval(() => this.#change({ nowMs: Date.now() }), CLOCK_MS);
    events.onopen = () => this.#change({ connected: true, wasConnected: true });
    events.onerror = () => this.#change({ connected: false });
    this.#listen<StationStatus | null>('status', (status) => this.#change({ status }));
    this.#listen<SegmentStatus>('segment', (segment) => this.#addSegment(segment));
    this.#listen<Levels>('levels', this.#onLevels);
  }

  hostDisconnected(): void {
    this.#events?.close();
    clearInterval(this.#clock);
  }

  #listen<Data>(name: string, receive: (data: Data) => void): void {
    this.#events?.addEventListener(name, (event) => receive(JSON.parse((event as MessageEvent<string>).data) as Data));
  }

  #addSegment(segment: SegmentStatus): void {
    if (this.status === null) return;
    this.#change({ status: { ...this.status, segments: mergeSegment(this.status.segments, segment) } });
  }

  #change(values: Partial<Pick<StationFeed, 'status' | 'connected' | 'wasConnected' | 'nowMs'>>): void {
    Object.assign(this, values);
    this.#host.requestUpdate();
  }
}
