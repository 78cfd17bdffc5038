/**
 * Segments of plain characters between single slashes. No scheme, no leading slash, no `..` and none of what URL parsers
 * turn into one (`%2e`, a backslash, a tab inside): a manifest names objects in its own directory and nowhere else.
 */
const PATH_BELOW = /^(?!\.{1,2}(?:\/|$))[\w~{}@+=,.-]+(?:\/(?!\.{1,2}(?:\/|$))[\w~{}@+=,.-]+)*$/;

/** Longest path in characters. */
export const MAX_PATH_LENGTH = 200;

/** Whether `path`, resolved against the manifest's URL, stays in the manifest's directory. */
export function isPathBelow(path: string): boolean {
  return path.length <= MAX_PATH_LENGTH && PATH_BELOW.test(path);
}
