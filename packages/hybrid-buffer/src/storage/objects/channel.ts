/**
 * Hands bytes from a writer to a reader without a copy: `push` resolves when the reader asks for more, that is when it
 * has done with the bytes.
 */
export interface Channel {
  readonly source: AsyncIterable<Uint8Array>;
  /** Resolves at once, and drops the bytes, when nobody reads any more. */
  push(bytes: Uint8Array): Promise<void>;
  /** The reader comes to the end; a push that waits resolves. */
  end(): void;
}

export function createChannel(): Channel {
  let offered: { readonly bytes: Uint8Array; readonly taken: () => void } | undefined;
  let handed: (() => void) | undefined;
  let wanted: ((result: IteratorResult<Uint8Array>) => void) | undefined;
  let ended = false;

  const finish = (): void => {
    ended = true;
    handed?.();
    offered?.taken();
    wanted?.({ done: true, value: undefined });
    handed = undefined;
    offered = undefined;
    wanted = undefined;
  };
  const hand = (): void => {
    if (offered === undefined || wanted === undefined) return;
    const { bytes, taken } = offered;
    const give = wanted;
    offered = undefined;
    wanted = undefined;
    handed = taken;
    give({ done: false, value: bytes });
  };
  return {
    source: {
      [Symbol.asyncIterator]: () => ({
        next: () =>
          new Promise((resolve) => {
            handed?.();
            handed = undefined;
            if (ended) {
              resolve({ done: true, value: undefined });
              return;
            }
            wanted = resolve;
            hand();
          }),
        return: async () => {
          finish();
          return { done: true, value: undefined };
        },
      }),
    },
    push: (bytes) =>
      new Promise((resolve) => {
        if (ended) {
          resolve();
          return;
        }
        offered = { bytes, taken: resolve };
        hand();
      }),
    end: finish,
  };
}
