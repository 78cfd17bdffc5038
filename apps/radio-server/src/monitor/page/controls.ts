import { html, LitElement, nothing, type TemplateResult } from 'lit';
import type { MonitorStatus } from '../../desk/monitor-status.ts';
import { controlStyles } from './control-styles.ts';

/** Start, stop, what is playing, marks in the recording, and a player to listen with. */
export class StationControls extends LitElement {
  static override styles = controlStyles;
  static override properties = {
    status: { attribute: false },
    asking: { state: true },
    note: { state: true },
    listening: { state: true },
  };
  declare status: MonitorStatus | null;
  declare asking: boolean;
  declare note: string;
  declare listening: boolean;

  constructor() {
    super();
    this.status = null;
    this.asking = false;
    this.note = '';
    this.listening = false;
  }

  override render(): TemplateResult | typeof nothing {
    if (this.status === null) return nothing;
    const { onAir, nowPlaying, archive } = this.status;
    const playing =
      nowPlaying === null ? 'nothing said yet' : [nowPlaying.artist, nowPlaying.title].filter(Boolean).join(' – ');
    return html`
      <section aria-labelledby="controls">
        <h2 id="controls">Station</h2>
        <div class="row">${this.#onAirButtons(onAir)} ${this.#listenButton()}</div>
        ${this.listening ? html`<radio-player src=${this.status.links.manifest}></radio-player>` : nothing}
        <form @submit=${(event: SubmitEvent) => this.#submit(event)}>
          <p>Now playing: <strong>${playing}</strong></p>
          <div class="fields">
            <label>Title <input name="title" required maxlength="200" autocomplete="off" /></label>
            <label>Artist <input name="artist" maxlength="200" autocomplete="off" /></label>
          </div>
          <div class="row">
            <button value="now-playing" ?disabled=${onAir !== 'on'}>Tell listeners</button>
            <button value="cue" class="quiet" ?disabled=${archive.state !== 'recording'}>Mark the recording only</button>
          </div>
        </form>
        <p role="status" class="note">${this.note}</p>
      </section>
    `;
  }

  #onAirButtons(onAir: MonitorStatus['onAir']): TemplateResult {
    if (onAir === 'off') {
      return html`<button class="go" @click=${() => this.#post('/start', 'Starting.')}>Go on the air</button>`;
    }
    if (!this.asking) {
      const ask = (): void => {
        this.asking = true;
      };
      return html`<button class="quiet" ?disabled=${onAir !== 'on'} @click=${ask}>Stop…</button>`;
    }
    const stop = async (): Promise<void> => {
      this.asking = false;
      await this.#post('/stop', 'Going off the air: what was captured is being published.');
    };
    const cancel = (): void => {
      this.asking = false;
    };
    return html`
      <span>Listeners will hear nothing.</span>
      <button class="danger" @click=${stop}>Take off the air</button>
      <button class="quiet" @click=${cancel}>Cancel</button>
    `;
  }

  #listenButton(): TemplateResult {
    const toggle = async (): Promise<void> => {
      // The player is loaded when somebody wants it.
      if (!this.listening) await import(PLAYER_URL).catch(() => undefined);
      this.listening = !this.listening;
    };
    return html`<button class="quiet" aria-expanded=${this.listening} @click=${toggle}>
      ${this.listening ? 'Close the player' : 'Listen'}
    </button>`;
  }

  async #submit(event: SubmitEvent): Promise<void> {
    event.preventDefault();
    const form = event.target as HTMLFormElement;
    const { value } = event.submitter as HTMLButtonElement;
    const data = new FormData(form);
    const text = (name: string): string => String(data.get(name) ?? '').trim();
    const artist = text('artist');
    const title = { title: text('title'), ...(artist === '' ? {} : { artist }) };
    const done = value === 'cue' ? 'The recording is marked.' : 'Listeners are told.';
    if (await this.#post(`/${value}`, done, title)) form.reset();
  }

  async #post(path: string, done: string, body?: object): Promise<boolean> {
    const init: RequestInit = { method: 'POST' };
    if (body !== undefined) {
      init.headers = { 'Content-Type': 'application/json' };
      init.body = JSON.stringify(body);
    }
    try {
      const answer = await fetch(path, init);
      this.note = answer.ok ? done : (await answer.text()).trim();
      return answer.ok;
    } catch {
      this.note = 'The station does not answer.';
      return false;
    }
  }
}

/** A file of its own beside the page's: in a variable, so that the bundler leaves it there. */
const PLAYER_URL: string = '/radio-player.js';
