import { promisify } from 'node:util';
import * as zlib from 'node:zlib';
import { checkWhole, HybridBufferError } from '../error.ts';
import type { Middleware } from './middleware.ts';

/** Every frame is compressed by itself, so that any of them can be read alone; it costs a little of the ratio. */
interface Format {
  readonly name: string;
  compress(frame: Uint8Array): Promise<Buffer>;
  decompress(stored: Uint8Array, maxBytes: number): Promise<Buffer>;
}

function compression({ name, compress, decompress }: Format): Middleware {
  return {
    name,
    // What does not compress is stored as it is, with headers: well below this in all three formats.
    maxOverheadBytes: (frameBytes) => 1024 + Math.ceil(frameBytes / 100),
    open: () => ({
      encode: (frame) => compress(frame),
      decode: (stored, _sequence, maxBytes) => decompress(stored, maxBytes),
    }),
  };
}

const gzipAsync = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gzip);
const gunzipAsync = promisify<Uint8Array, zlib.ZlibOptions, Buffer>(zlib.gunzip);
const brotliAsync = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliCompress);
const unbrotliAsync = promisify<Uint8Array, zlib.BrotliOptions, Buffer>(zlib.brotliDecompress);

/**
 * gzip, with a level from 1 (fast) to 9 (small); default 6. What is stored without encryption is an ordinary gzip file.
 * @throws HybridBufferError `InvalidOption`
 */
export function gzip({ level = 6 }: { readonly level?: number } = {}): Middleware {
  checkWhole('level', level, 1, 9);
  return compression({
    name: 'gzip',
    compress: (frame) => gzipAsync(frame, { level }),
    decompress: (stored, maxOutputLength) => gunzipAsync(stored, { maxOutputLength }),
  });
}

/**
 * Brotli, with a quality from 0 (fast) to 11 (small, and about a hundred times slower); default 4.
 * @throws HybridBufferError `InvalidOption`
 */
export function brotli({ quality = 4 }: { readonly quality?: number } = {}): Middleware {
  checkWhole('quality', quality, 0, 11);
  const { BROTLI_PARAM_QUALITY, BROTLI_PARAM_SIZE_HINT } = zlib.constants;
  return compression({
    name: 'brotli',
    compress: (frame) =>
      brotliAsync(frame, { params: { [BROTLI_PARAM_QUALITY]: quality, [BROTLI_PARAM_SIZE_HINT]: frame.length } }),
    decompress: (stored, maxOutputLength) => unbrotliAsync(stored, { maxOutputLength }),
  });
}

/**
 * Zstandard, with a level from 1 (fast) to 19 (small); default 3. What is stored without encryption is a `.zst`
 * file of several frames, which `zstd -d` opens.
 * @throws HybridBufferError `InvalidOption`, or `NotSupported` before Node 22.15
 */
export function zstd({ level = 3 }: { readonly level?: number } = {}): Middleware {
  checkWhole('level', level, 1, 19);
  // Types promise it, Node 22.0 to 22.14 do not have it.
  if (typeof (zlib as { readonly zstdCompress?: unknown }).zstdCompress !== 'function') {
    throw new HybridBufferError(
      'NotSupported',
      `zstd needs Node 22.15 or later, this is ${process.version}; use gzip()`,
    );
  }
  const compressAsync = promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdCompress);
  const decompressAsync = promisify<Uint8Array, zlib.ZstdOptions, Buffer>(zlib.zstdDecompress);
  const params = { [zlib.constants.ZSTD_c_compressionLevel]: level };
  return compression({
    name: 'zstd',
    compress: (frame) => compressAsync(frame, { params }),
    decompress: (stored, maxOutputLength) => decompressAsync(stored, { maxOutputLength }),
  });
}
