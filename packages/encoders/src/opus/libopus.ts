import { createRequire } from 'node:module';
import { EncoderError } from '../encoder-error.ts';

/**
 * The compiled module inside `opusscript`. Its JavaScript wrapper is passed over: it takes a byte address for an element
 * index, so its input lands outside the memory it allocated, and three encoders in one process overwrite each other.
 */
export interface OpusModule {
  readonly HEAPU8: Uint8Array;
  _malloc(bytes: number): number;
  _free(address: number): void;
  readonly OpusScriptHandler: {
    new (sampleRate: number, channels: number, application: number): OpusHandler;
    destroy_handler(handler: OpusHandler): void;
  };
}
export interface OpusHandler {
  /** Reads `bytes` PCM bytes, **each stored in a 16-bit word**; returns the packet's size or a negative libopus error. */
  _encode(input: number, bytes: number, output: number, frames: number): number;
  /** Decodes one packet; returns its frames or a negative libopus error. PCM bytes **each in a 16-bit word**, as above. */
  _decode(input: number, bytes: number, output: number): number;
  _encoder_ctl(request: number, value: number): number;
}

/** Largest packet that libopus makes or takes, with room to spare. */
export const MAX_PACKET_BYTES = 3828;

let library: OpusModule | undefined;

/** libopus compiled to WebAssembly. One module serves every encoder and decoder of the process. */
export function loadLibOpus(): OpusModule {
  library ??= loadLibrary();
  return library;
}

function loadLibrary(): OpusModule {
  const load = createRequire(import.meta.url)('opusscript/build/opusscript_native_wasm.js') as () => OpusModule;
  return load();
}

/** @throws EncoderError `codec` when `result` is one of libopus's errors */
export function checkOpus(result: number, what: string): number {
  if (result < 0) throw new EncoderError('codec', `libopus (WebAssembly) failed to ${what}: error ${result}`);
  return result;
}
