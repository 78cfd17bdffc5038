/** Bytes `[start, end)`. A chunk may be overwritten once the next one is asked for. */
export type ReadRange = (start: number, end: number) => AsyncIterable<Uint8Array>;

/** What a source is known by, to go on with it later: any difference means that it is not the same content. */
export type SourceIdentity = Readonly<Record<string, string | number>>;

/** A source that can be read from anywhere, again and again. */
export interface RandomSource {
  readonly kind: 'random';
  /** Bytes. */
  readonly size: number;
  /** For guessing the content type. */
  readonly name?: string;
  /** Only of sources that another process can open again. */
  readonly identity?: SourceIdentity;
  /** All bytes at once, of a source that is small. */
  readWhole(): Promise<Uint8Array>;
  /** A reader with a buffer of its own; one for each lane. */
  createReader(): ReadRange;
  /** @throws UploadError `SourceChanged` */
  checkUnchanged(): Promise<void>;
  close(): Promise<void>;
}

/** A source that can be read once, from its start. */
export interface SequentialSource {
  readonly kind: 'sequential';
  readonly size: number | undefined;
  /** Fills the buffer as far as there are bytes. @returns how far; less than its length only at the end */
  fill(buffer: Uint8Array): Promise<number>;
  /** Ends the stream that is read. */
  close(): Promise<void>;
}
