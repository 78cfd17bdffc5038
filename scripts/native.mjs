// Builds the native FLAC and Opus encoders for the Node that runs the station.
import { run } from './toolchain.mjs';

export function buildNative(env) {
  // flac-bindings' install script builds nothing, successfully, when CI is set.
  const { CI: _, ...withoutCi } = env;
  return run('pnpm', ['rebuild', 'flac-bindings', '@discordjs/opus'], withoutCi);
}
