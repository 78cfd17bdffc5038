import type { Manifest } from '@bucket-radio/manifest';

/** Directory, below the manifest, of the paths that expire. */
export const SIGNED_DIRECTORY = 's';

/** The same manifest with paths that work until `validUntil`. */
export function rewriteManifest(manifest: Manifest, mac: string, validUntil: number): Manifest {
  const renditions = manifest.renditions.map((rendition) => ({
    ...rendition,
    init: signedPath(rendition.init, mac),
    segment: signedPath(rendition.segment, mac),
  }));
  const { index } = manifest;
  const hours = index === undefined ? {} : { index: { ...index, path: signedPath(index.path, mac) } };
  return { ...manifest, renditions, ...hours, validUntil };
}

/** A media object's path as playlists write it: alone on a line, or quoted in `EXT-X-MAP`. */
const MEDIA_PATH = /^(?=[0-9A-Z])|(?<=URI=")(?=[0-9A-Z])/gm;

/** The same media playlist with paths that expire. Names of other playlists are lower case and stay. */
export function rewritePlaylist(text: string, mac: string): string {
  return text.replace(MEDIA_PATH, `${SIGNED_DIRECTORY}/${mac}/`);
}

function signedPath(path: string, mac: string): string {
  return `${SIGNED_DIRECTORY}/${mac}/${path}`;
}
