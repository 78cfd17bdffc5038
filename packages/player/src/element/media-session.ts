import type { PlayerView } from './view.ts';

/** What the lock screen's buttons do. */
export interface MediaSessionActions {
  readonly play: () => void;
  readonly pause: () => void;
  readonly stop: () => void;
}

/** The player whose sound the lock screen shows: the one that was started last. */
let owner: object | undefined;

/** Shows a player on the lock screen and takes its buttons. */
export function showMediaSession(
  player: object,
  { nowPlaying, station, state }: PlayerView,
  artwork: string | undefined,
  actions: MediaSessionActions,
): void {
  if (typeof navigator === 'undefined' || !('mediaSession' in navigator)) return;
  const { mediaSession } = navigator;
  if (owner !== player) {
    owner = player;
    for (const action of ['play', 'pause', 'stop'] as const) mediaSession.setActionHandler(action, actions[action]);
  }
  mediaSession.playbackState = state === 'paused' ? 'paused' : 'playing';
  mediaSession.metadata = new MediaMetadata({
    title: nowPlaying?.title ?? station ?? '',
    artist: nowPlaying?.artist ?? '',
    album: nowPlaying?.album ?? station ?? '',
    artwork: artwork === undefined ? [] : [{ src: new URL(artwork, document.baseURI).href }],
  });
}

/** Takes a player off the lock screen, if it is the one shown there. */
export function hideMediaSession(player: object): void {
  if (owner !== player) return;
  owner = undefined;
  const { mediaSession } = navigator;
  mediaSession.metadata = null;
  mediaSession.playbackState = 'none';
  for (const action of ['play', 'pause', 'stop'] as const) mediaSession.setActionHandler(action, null);
}
