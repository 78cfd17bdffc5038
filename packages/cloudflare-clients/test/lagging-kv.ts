import type { KVNamespace } from '@cloudflare/workers-types';

/** KV's own figure for how long a write takes to be seen elsewhere. */
const LAG_MS = 60_000;

/** Where Workers run, each with its own view of KV. */
export const PLACES: readonly string[] = ['Frankfurt', 'Paris', 'Singapore'];

interface Write {
  readonly key: string;
  /** `undefined` for a delete. */
  readonly value: string | undefined;
  readonly metadata: unknown;
  readonly place: string;
  readonly atMs: number;
  readonly expiresAtMs: number;
}

/** Workers KV at its worst: a write is seen at once where it was made, and in every other place only after 60 s. */
export interface LaggingKv {
  /** The namespace as a Worker in this place sees it. */
  at(place: string): KVNamespace;
  readonly now: () => number;
  pass(delayMs: number): void;
  /** Keys there in the end. */
  keys(): string[];
}

export function laggingKv(): LaggingKv {
  const writes: Write[] = [];
  let nowMs = 1_700_000_000_000;

  const view = (place: string | undefined): Map<string, Write> => {
    const seen = new Map<string, Write>();
    for (const write of writes) {
      const visible = place === undefined || write.place === place || nowMs - write.atMs >= LAG_MS;
      if (visible) seen.set(write.key, write);
    }
    return new Map([...seen].filter(([, { value, expiresAtMs }]) => value !== undefined && expiresAtMs > nowMs).sort());
  };

  const at = (place: string): KVNamespace => {
    const write = (
      key: string,
      value: string | undefined,
      ttl = Number.POSITIVE_INFINITY,
      metadata?: unknown,
    ): void => {
      writes.push({ key, value, metadata, place, atMs: nowMs, expiresAtMs: nowMs + ttl * 1000 });
    };
    const namespace = {
      get: async (key: string) => view(place).get(key)?.value ?? null,
      put: async (key: string, value: string, options: { expirationTtl?: number; metadata?: unknown }) =>
        write(key, value, options.expirationTtl, options.metadata),
      delete: async (key: string) => write(key, undefined),
      list: async ({ prefix }: { prefix: string }) => ({
        list_complete: true,
        keys: [...view(place).values()]
          .filter(({ key }) => key.startsWith(prefix))
          .map(({ key, metadata }) => ({ name: key, metadata })),
      }),
    };
    return namespace as unknown as KVNamespace;
  };

  return {
    at,
    now: () => nowMs,
    pass: (delayMs) => {
      nowMs += delayMs;
    },
    keys: () => [...view(undefined).keys()],
  };
}
