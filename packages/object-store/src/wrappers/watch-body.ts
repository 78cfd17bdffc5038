export interface BodyWatcher {
  chunk?(chunk: Uint8Array): void;
  /** Once: at the end, on cancel or after an error. */
  end?(error?: unknown): void;
}

/** The same body, with someone who sees what passes and when it is over. Reads nothing before it is asked to. */
export function watchBody(body: ReadableStream<Uint8Array>, watcher: BodyWatcher): ReadableStream<Uint8Array> {
  const reader = body.getReader();
  let ended = false;
  const end = (error?: unknown): void => {
    if (ended) return;
    ended = true;
    watcher.end?.(error);
  };
  // An error that comes while nobody reads, such as an abort, also ends it.
  reader.closed.then(() => end(), end);
  return new ReadableStream<Uint8Array>(
    {
      async pull(controller) {
        const { done, value } = await reader.read();
        if (done) {
          end();
          controller.close();
          return;
        }
        watcher.chunk?.(value);
        controller.enqueue(value);
      },
      async cancel(reason) {
        await reader.cancel(reason);
        end();
      },
    },
    { highWaterMark: 0 },
  );
}
