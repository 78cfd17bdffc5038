/** The bytes of a buffer, wherever they are. Calls come one at a time. */
export interface Content {
  readonly size: number;
  append(bytes: Uint8Array): void | Promise<void>;
  /**
   * Some bytes from `position` on, at least one, which must be below `size`. They are the content's own: to be read, and
   * only until the next call.
   */
  view(position: number): Uint8Array | Promise<Uint8Array>;
  /** Fills `target` from `position`, as far as there are bytes in one piece. @returns how far, at least one byte */
  readInto(position: number, target: Uint8Array): number | Promise<number>;
  /** Cuts everything from `size` on. */
  truncate(size: number): void | Promise<void>;
}
