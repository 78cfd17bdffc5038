import type { ObjectStore, StoreMetric } from '@bucket-radio/object-store';
import type { RenditionName } from '@bucket-radio/pcm';
import type { SegmentStatus } from '../status.ts';

/** Where one rendition of a segment is on its way. */
export type RenditionState = 'encoding' | 'spooled' | 'uploading' | 'uploaded' | 'in-window' | 'deleted' | 'failed';

/** A segment and both its renditions. */
export interface SegmentOnItsWay extends SegmentStatus {
  readonly hq: RenditionState;
  readonly lq: RenditionState;
}

type Put = 'uploading' | 'uploaded' | 'failed';
const SEGMENT_KEY = /(?:^|\/)(hq|lq)\/(\d{8,})\.mp4$/;
const REMEMBERED_PUTS = 100;

/** Knows of every segment object whether it is being uploaded. */
export class PutTracker {
  readonly #puts = new Map<string, Put>();

  /** The same store; its puts are seen. */
  watch<Store extends ObjectStore>(store: Store): Store {
    return new Proxy(store, {
      get: (target, property) => {
        const value: unknown = Reflect.get(target, property, target);
        if (typeof value !== 'function') return value;
        if (property !== 'put') return value.bind(target) as unknown;
        return async (...args: Parameters<ObjectStore['put']>) => {
          this.#set(args[0], 'uploading');
          return await target.put(...args);
        };
      },
    });
  }

  /** Takes what `withMetrics` tells. */
  ended({ operation, key, outcome }: StoreMetric): void {
    if (operation === 'put' && key !== undefined) this.#set(key, outcome === 'ok' ? 'uploaded' : 'failed');
  }

  state(index: number, rendition: RenditionName): Put | undefined {
    return this.#puts.get(`${rendition}/${index}`);
  }

  #set(key: string, put: Put): void {
    const match = SEGMENT_KEY.exec(key);
    if (match === null) return;
    const name = `${match[1]}/${Number(match[2])}`;
    this.#puts.delete(name);
    this.#puts.set(name, put);
    const oldest = this.#puts.keys().next().value;
    if (this.#puts.size > REMEMBERED_PUTS && oldest !== undefined) this.#puts.delete(oldest);
  }
}

export function onItsWay(segment: SegmentStatus, puts: PutTracker): SegmentOnItsWay {
  const state = (rendition: RenditionName): RenditionState => {
    if (segment.state === 'deleted') return 'deleted';
    if (segment.state === 'dropped') return 'failed';
    const bytes = rendition === 'hq' ? segment.hqBytes : segment.lqBytes;
    const put = puts.state(segment.index, rendition);
    if (segment.state === 'live') return put === 'failed' || put === 'uploading' ? put : 'in-window';
    return put ?? (bytes === 0 ? 'encoding' : 'spooled');
  };
  return { ...segment, hq: state('hq'), lq: state('lq') };
}
