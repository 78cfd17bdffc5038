// Builds the native FLAC and Opus encoders for the Node and the processor that run the station.
import { run } from './toolchain.mjs';

/**
 * libopus as `@discordjs/opus` builds it has no hand-written vector code on x86. Its loops are sums, which a compiler
 * may only vectorise when it may reorder additions; NaN and infinity keep their meaning, unlike with -ffast-math.
 * Packets differ in a few bits; what a decoder makes of them is checked as always.
 * See docs/decisions/0018-what-the-pipeline-costs.md.
 */
const OPTIMISED = '-O3 -march=native -fassociative-math -fno-signed-zeros -fno-trapping-math -fno-math-errno';

export function buildNative(env) {
  // flac-bindings' install script builds nothing, successfully, when CI is set.
  const { CI: _, ...withoutCi } = env;
  // Or node-pre-gyp would take a build for every processor from the network, or keep the one of last time.
  const settings = { CFLAGS: OPTIMISED, npm_config_build_from_source: 'true' };
  return run('pnpm', ['rebuild', 'flac-bindings', '@discordjs/opus'], { ...settings, ...withoutCi });
}
