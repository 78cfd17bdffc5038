/** Turns a frame of plain bytes into what is stored, and back. Calls come one at a time. */
export interface FrameCodec {
  /**
   * @param frame may be used again once the promise resolves
   * @param sequence a number that no other frame of this codec has, nor ever had
   * @returns bytes that may be overwritten by the next call
   */
  encode(frame: Uint8Array, sequence: number): Uint8Array | Promise<Uint8Array>;
  /**
   * The reverse, for the same sequence.
   * @param maxBytes that the frame can have had: whatever yields more is not ours
   * @throws HybridBufferError `Tampered` or `Corrupt`
   */
  decode(stored: Uint8Array, sequence: number, maxBytes: number): Uint8Array | Promise<Uint8Array>;
  /** Forgets keys. */
  close?(): void;
}

/** What happens to bytes on their way to storage: in the order given on writing, in the reverse order on reading. */
export interface Middleware {
  readonly name: string;
  /** Most bytes that `encode` adds to a frame. */
  readonly maxOverheadBytes: (frameBytes: number) => number;
  /** A codec with a state of its own for one buffer; called when it moves to storage. */
  open(): FrameCodec;
}
