import { type Backend, loadBackend } from './backend.ts';
import { flacLoaders } from './flac/flac-encoder.ts';
import { opusLoaders } from './opus/opus-encoder.ts';

/** Which backends `auto` takes on this machine. Loads them; a second call is free. */
export async function detectBackends(): Promise<{ flac: Backend; opus: Backend }> {
  const [flac, opus] = await Promise.all([loadBackend('auto', flacLoaders), loadBackend('auto', opusLoaders)]);
  return { flac: flac.backend, opus: opus.backend };
}
