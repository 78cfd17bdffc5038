import { createRequire } from 'node:module';

/** The part of `libflacjs` (libFLAC compiled to WebAssembly) that is used. An encoder or decoder is a pointer into its heap. */
export interface LibFlac {
  isReady(): boolean;
  onready: (() => void) | undefined;
  create_libflac_encoder(
    sampleRate: number,
    channels: number,
    bitsPerSample: number,
    level: number,
    totalSamples: number,
    verify: boolean,
    blockSize: number,
  ): number;
  init_encoder_stream(
    encoder: number,
    write: (data: Uint8Array, bytes: number, frames: number) => void,
    metadata: (info: { readonly md5sum: string } | undefined) => void,
  ): number;
  FLAC__stream_encoder_process_interleaved(encoder: number, samples: Int32Array, frames: number): number;
  FLAC__stream_encoder_finish(encoder: number): number;
  FLAC__stream_encoder_delete(encoder: number): void;
  create_libflac_decoder(verify: boolean): number;
  init_decoder_stream(
    decoder: number,
    read: (maxBytes: number) => {
      readonly buffer: Uint8Array;
      readonly readDataLength: number;
      readonly error: boolean;
    },
    /** At 24 bit each channel is int32, little-endian. */
    write: (channels: readonly Uint8Array[], frame: { readonly bitsPerSample: number }) => boolean,
    error: (code: number, name: string) => void,
  ): number;
  FLAC__stream_decoder_process_until_end_of_stream(decoder: number): number;
  FLAC__stream_decoder_finish(decoder: number): number;
  FLAC__stream_decoder_delete(decoder: number): void;
}

let loading: Promise<LibFlac> | undefined;

/** libFLAC compiled to WebAssembly. One module serves every encoder and decoder of the process. */
export async function loadLibFlac(): Promise<LibFlac> {
  loading ??= loadLibrary();
  return await loading;
}

async function loadLibrary(): Promise<LibFlac> {
  const library = requireWithoutFetch('libflacjs/dist/libflac.wasm.js') as LibFlac;
  if (!library.isReady()) {
    await new Promise<void>((resolve) => {
      library.onready = resolve;
    });
  }
  return library;
}

/**
 * The loader prefers `fetch` when there is one and hands it a file path, which Node's refuses. It looks exactly once,
 * while its script runs, so hiding `fetch` for that synchronous moment makes it read the file.
 */
function requireWithoutFetch(id: string): unknown {
  const { fetch } = globalThis;
  Reflect.deleteProperty(globalThis, 'fetch');
  try {
    return createRequire(import.meta.url)(id);
  } finally {
    globalThis.fetch = fetch;
  }
}
