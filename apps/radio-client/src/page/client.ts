// What runs in the listener's page besides the player: the state in words follows the station, and, where the operator
// asked for it, the page counts itself. Bundled to `site.js`; no cookie, nothing kept in the browser.
import type { RadioPlayer } from '@bucket-radio/player';

interface StatusAnswer {
  readonly state: string;
  readonly status: string;
  readonly nowPlaying?: string;
}

const REFRESH_MS = 10_000;
const BEACON_MS = 30_000;

/** The state and what is playing, in words, as the server writes them into the page. */
async function refreshStatus(): Promise<void> {
  if (document.hidden) return;
  const response = await fetch('/api/status').catch(() => undefined);
  if (response === undefined || !response.ok) return;
  const { state, status, nowPlaying = '' } = (await response.json()) as StatusAnswer;
  const line = document.querySelector<HTMLElement>('[data-state]');
  const words = document.querySelector('[data-status]');
  if (line !== null && words !== null && line.dataset['state'] !== state) {
    line.dataset['state'] = state;
    words.textContent = status;
  }
  const playing = document.querySelector<HTMLElement>('[data-now-playing]');
  if (playing === null) return;
  playing.hidden = nowPlaying === '';
  const title = playing.querySelector('[data-title]');
  if (title !== null && title.textContent !== nowPlaying) title.textContent = nowPlaying;
}

/** Tells the site that somebody listens, how well, and when it is over. */
class ListenerBeacon {
  readonly #player: RadioPlayer;
  /** Of this visit only: drawn anew whenever the page is opened. */
  readonly #session = crypto.randomUUID();
  #stalls = 0;
  #listening = false;

  constructor(player: RadioPlayer) {
    this.#player = player;
    player.addEventListener('radio-state', () => this.#stateChanged());
    addEventListener('pagehide', () => this.#send(false));
    setInterval(() => {
      if (this.#listening) this.#send(true);
    }, BEACON_MS);
  }

  #stateChanged(): void {
    const { state } = this.#player;
    if (state === 'rebuffering') this.#stalls += 1;
    if (state === 'playing' && !this.#listening) this.#send(true);
    if (state === 'stopped' || state === 'failed') this.#send(false);
  }

  #send(listening: boolean): void {
    if (!listening && !this.#listening) return;
    this.#listening = listening;
    const { stats } = this.#player;
    const body = {
      session: this.#session,
      listening,
      stalls: this.#stalls,
      ...(stats?.rendition === undefined ? {} : { quality: stats.rendition }),
      ...(stats?.latencySeconds === undefined ? {} : { latencySeconds: stats.latencySeconds }),
    };
    this.#stalls = 0;
    navigator.sendBeacon('/api/beacon', JSON.stringify(body));
  }
}

setInterval(() => void refreshStatus(), REFRESH_MS);
document.addEventListener('visibilitychange', () => void refreshStatus());
const player = document.querySelector<RadioPlayer>('radio-player');
if (player !== null && document.querySelector('script[data-beacon]') !== null) new ListenerBeacon(player);
