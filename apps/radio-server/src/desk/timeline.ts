import type { ObjectStore, StoreMetric } from '@bucket-radio/object-store';
import type { RenditionName } from '@bucket-radio/pcm';
import type { SegmentStatus } from '../status.ts';
import type { RenditionState, SegmentOnItsWay } from './monitor-status.ts';

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

/** @param window what the manifest names; `null` while it names nothing */
export function onItsWay(
  segment: SegmentStatus,
  puts: PutTracker,
  window: { readonly first: number; readonly latest: number } | null,
): SegmentOnItsWay {
  const state = (rendition: RenditionName): RenditionState => {
    if (segment.state === 'deleted') return 'deleted';
    if (segment.state === 'dropped') return 'failed';
    const bytes = rendition === 'hq' ? segment.hqBytes : segment.lqBytes;
    const put = puts.state(segment.index, rendition);
    if (put === 'failed' || put === 'uploading') return put;
    // One that arrives late is named without an event of its own.
    const named = segment.state === 'live' || (put === 'uploaded' && window !== null && segment.index <= window.latest);
    if (named) return window !== null && segment.index < window.first ? 'leaving' : 'in-window';
    return put ?? (bytes === 0 ? 'encoding' : 'spooled');
  };
  return { ...segment, hq: state('hq'), lq: state('lq') };
}
