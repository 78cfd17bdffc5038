import { createRequire } from 'node:module';
import { EncoderError } from './encoder-error.ts';

/** How a codec runs: a compiled add-on, or WebAssembly. Both decode to the same samples (FLAC) or equally well (Opus). */
export type Backend = 'native' | 'wasm';

/** `auto` takes the add-on when it loads and WebAssembly otherwise. */
export type BackendChoice = Backend | 'auto';

/** The two ways to get a codec. `native` resolves with the reason when the add-on is not there. */
export interface BackendLoaders<Codec> {
  readonly name: string;
  native(): Promise<Codec | NativeMissing>;
  wasm(): Promise<Codec>;
}

/** Why a native add-on could not be used. */
export class NativeMissing {
  readonly cause: unknown;

  constructor(cause: unknown) {
    this.cause = cause;
  }
}

/**
 * Loads a codec.
 * @throws EncoderError `backend-missing` when `native` is demanded and does not load.
 */
export async function loadBackend<Codec>(
  choice: BackendChoice,
  loaders: BackendLoaders<Codec>,
): Promise<{ readonly backend: Backend; readonly codec: Codec }> {
  if (choice !== 'wasm') {
    const codec = await loaders.native();
    if (!(codec instanceof NativeMissing)) return { backend: 'native', codec };
    if (choice === 'native') {
      throw new EncoderError(
        'backend-missing',
        `${loaders.name}: the native add-on does not load; build it with "npm run setup:native" or choose backend "wasm"`,
        { cause: codec.cause },
      );
    }
  }
  return { backend: 'wasm', codec: await loaders.wasm() };
}

/**
 * Imports a package that may not be installed. The name is a value, not a literal, so that neither the compiler nor a
 * bundler needs the package: an add-on whose build failed is removed from disk by the package manager.
 */
export async function importNative<Module>(name: string): Promise<Module | NativeMissing> {
  try {
    return (await import(name)) as Module;
  } catch (cause) {
    return new NativeMissing(cause);
  }
}

/**
 * The same for an add-on that finds its binary with `node-pre-gyp`, which takes this process's command line for its own: a
 * `--directory` there would send it looking elsewhere. While it loads, there is no command line.
 */
export function requireNative<Module>(name: string): Module | NativeMissing {
  const { argv } = process;
  process.argv = argv.slice(0, 2);
  try {
    return createRequire(import.meta.url)(name) as Module;
  } catch (cause) {
    return new NativeMissing(cause);
  } finally {
    process.argv = argv;
  }
}
