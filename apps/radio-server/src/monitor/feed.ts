import type { Alert } from '../alerts/alert.ts';
import type { Minute, MonitorStatus } from '../desk/monitor-status.ts';
import type { LogLine } from '../log-tail.ts';
import type { Levels, SegmentStatus } from '../status.ts';

/** What the monitor can be told; each event has its own name on the stream. */
export interface MonitorEvents {
  readonly status: MonitorStatus | null;
  readonly levels: Levels;
  /** Level of each third of an octave from 31.5 Hz, in dBFS. */
  readonly spectrum: readonly number[];
  readonly segment: SegmentStatus;
  readonly alert: Alert;
  readonly log: LogLine;
  readonly minute: Minute;
}

/** What the operator says is playing; it applies to what is captured when it arrives. */
export interface Title {
  readonly title: string;
  readonly artist?: string;
  readonly album?: string;
}

type Subscriber = <Name extends keyof MonitorEvents>(name: Name, data: MonitorEvents[Name]) => void;

/** Hands every event to every open monitor page. */
export class MonitorFeed {
  readonly #subscribers = new Set<Subscriber>();

  get hasSubscribers(): boolean {
    return this.#subscribers.size > 0;
  }

  get subscribers(): number {
    return this.#subscribers.size;
  }

  emit<Name extends keyof MonitorEvents>(name: Name, data: MonitorEvents[Name]): void {
    for (const subscriber of this.#subscribers) subscriber(name, data);
  }

  /** @returns ends the subscription */
  subscribe(subscriber: Subscriber): () => void {
    this.#subscribers.add(subscriber);
    return () => this.#subscribers.delete(subscriber);
  }
}
