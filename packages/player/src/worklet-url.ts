/**
 * Where the AudioWorklet module lies: a real file beside the bundle, never a `blob:`, so that a strict
 * `script-src` needs no exception. Bundlers recognise this exact form and copy the file.
 * This module stays at the top of `src`: the built file and every shared chunk lie beside `worklet.js` too.
 */
export function defaultWorkletUrl(): URL {
  return new URL('./worklet.js', import.meta.url);
}
