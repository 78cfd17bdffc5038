import { abortedError } from './abort.ts';

/** Where a body's bytes come from. */
export interface BodySource {
  /** The next bytes, which then belong to the reader; `undefined` at the end. Rejects with an ObjectStoreError. */
  read(): Promise<Uint8Array | undefined>;
  /** Frees the file or connection. Called exactly once: at the end, on cancel, on abort or after an error. */
  release(): void | Promise<void>;
}

export interface BodyOptions {
  readonly key: string;
  readonly signal?: AbortSignal | undefined;
}

/** A body for {@link GetResult}: reads nothing before it is asked to, and always releases its source. */
export function createBody(source: BodySource, { key, signal }: BodyOptions): ReadableStream<Uint8Array> {
  let released = false;
  let onAbort = (): void => {};
  const release = async (): Promise<void> => {
    if (released) return;
    released = true;
    signal?.removeEventListener('abort', onAbort);
    await source.release();
  };
  return new ReadableStream<Uint8Array>(
    {
      start(controller) {
        onAbort = () => {
          controller.error(abortedError(key, signal));
          // Nobody waits for this release; the reader already has its error.
          release().catch(() => {});
        };
        if (signal?.aborted) onAbort();
        else signal?.addEventListener('abort', onAbort, { once: true });
      },
      async pull(controller) {
        try {
          const chunk = await source.read();
          if (released) return;
          if (chunk !== undefined) {
            controller.enqueue(chunk);
            return;
          }
          await release();
          controller.close();
        } catch (error) {
          if (released) return;
          await release();
          throw error;
        }
      },
      cancel: release,
    },
    { highWaterMark: 0 },
  );
}
