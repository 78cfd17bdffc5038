/** Sound behind the ear that is kept, in seconds. */
const KEEP_SECONDS = 5;

/** One change of a source buffer. It may be asynchronous: the buffer is `updating` then. */
type Step = (buffer: SourceBuffer) => void;

/** Changes a SourceBuffer step by step: each waits until the one before is done. */
export class AppendQueue {
  readonly #buffer: SourceBuffer;
  #tail: Promise<void> = Promise.resolve();

  constructor(buffer: SourceBuffer) {
    this.#buffer = buffer;
  }

  /** End of what is buffered, in media seconds. */
  get end(): number {
    return endOf(this.#buffer.buffered);
  }

  /** Rejects when the buffer refuses; steps after it are tried all the same. */
  run(step: Step): Promise<void> {
    const done = this.#tail.then(() => perform(this.#buffer, step));
    this.#tail = done.catch(() => undefined);
    return done;
  }

  /** Appends; when the browser has no room, forgets what was heard and tries again. */
  async append(bytes: Uint8Array<ArrayBuffer>, heardUntil: () => number): Promise<void> {
    const append: Step = (buffer) => buffer.appendBuffer(bytes);
    try {
      await this.run(append);
    } catch (error) {
      if ((error as Error).name !== 'QuotaExceededError') throw error;
      await this.trim(heardUntil());
      await this.run(append);
    }
  }

  /** Forgets what was heard more than a few seconds ago. */
  async trim(heardUntil: number): Promise<void> {
    const until = heardUntil - KEEP_SECONDS;
    const { buffered } = this.#buffer;
    if (until <= 0 || buffered.length === 0 || buffered.start(0) >= until) return;
    await this.run((buffer) => buffer.remove(0, until));
  }
}

/** End of the last of these ranges, in seconds; 0 without any. */
export function endOf(ranges: TimeRanges | undefined): number {
  return ranges === undefined || ranges.length === 0 ? 0 : ranges.end(ranges.length - 1);
}

function perform(buffer: SourceBuffer, step: Step): Promise<void> {
  return new Promise((resolve, reject) => {
    step(buffer);
    if (!buffer.updating) {
      resolve();
      return;
    }
    // After an error comes `updateend` too.
    buffer.onerror = () => reject(new Error('the browser does not take this segment'));
    buffer.onupdateend = () => resolve();
  });
}
