import { abortedUpload } from './error.ts';

/** Pause and abort of one upload, as its lanes see them. */
export interface UploadControl {
  readonly signal: AbortSignal;
  readonly paused: boolean;
  abort(): void;
  pause(): void;
  resume(): void;
  /** Before a part is begun. @throws UploadError `Aborted` */
  ready(): Promise<void>;
}

export function createUploadControl(key: string, outer: AbortSignal | undefined): UploadControl {
  const controller = new AbortController();
  const { signal } = controller;
  const abort = (): void => controller.abort();
  if (outer?.aborted) abort();
  else outer?.addEventListener('abort', abort, { once: true, signal });
  let gate: PromiseWithResolvers<void> | undefined;
  signal.addEventListener('abort', () => gate?.resolve(), { once: true });
  return {
    signal,
    get paused() {
      return gate !== undefined;
    },
    abort,
    pause() {
      gate ??= Promise.withResolvers<void>();
    },
    resume() {
      gate?.resolve();
      gate = undefined;
    },
    async ready() {
      while (gate !== undefined && !signal.aborted) await gate.promise;
      if (signal.aborted) throw abortedUpload(key);
    },
  };
}
