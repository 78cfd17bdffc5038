import { type CSSResult, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { icons } from './element/icons.ts';
import { en, type Messages } from './element/messages.ts';
import { styles } from './element/styles.ts';
import { type PlayerView, STOPPED_VIEW, sameView, viewOf } from './element/view.ts';
import { createRadioEngine } from './engine/engine.ts';
import type { PlayerError } from './engine/error.ts';
import type { AudibleSegment, RadioEngine, RadioEngineOptions, RadioState, RadioStats } from './engine/types.ts';

type Quality = RadioEngine['quality'];

const QUALITIES: readonly Quality[] = ['auto', 'hq', 'lq'];

/**
 * `<radio-player src="https://…/live/manifest.json">`: a station, ready to play. Nothing is requested before play.
 *
 * @fires radio-state - `detail: { state }` when the {@link RadioState} changes
 * @fires radio-segment - `detail:` {@link AudibleSegment}, when another segment is heard
 * @fires radio-error - `detail:` {@link PlayerError}
 * @slot title - replaces the station's name
 */
export class RadioPlayer extends LitElement {
  static override styles: CSSResult = styles;
  static override properties: PropertyDeclarations = {
    src: {},
    base: {},
    workletSrc: { attribute: 'worklet-src' },
    volume: { type: Number },
    muted: { type: Boolean },
    quality: { reflect: true },
    view: { state: true },
  };

  /** URL of the manifest. Changing it while playing changes the station. */
  declare src: string;
  /** Directory of the media objects, when it is not the manifest's own. */
  declare base: string | undefined;
  /** URL of `worklet.js`, when it does not lie beside the player's module. */
  declare workletSrc: string | undefined;
  /** 0 to 1. At 1 samples pass unchanged. */
  declare volume: number;
  declare muted: boolean;
  declare quality: Quality;
  declare private view: PlayerView;

  #engine: RadioEngine | undefined;
  readonly #messages: Messages = en;

  constructor() {
    super();
    this.src = '';
    this.base = undefined;
    this.workletSrc = undefined;
    this.volume = 1;
    this.muted = false;
    this.quality = 'auto';
    this.view = STOPPED_VIEW;
  }

  /** The engine behind the element; exists from the first `play` on, until the element leaves the page. */
  get engine(): RadioEngine | undefined {
    return this.#engine;
  }

  get state(): RadioState {
    return this.#engine?.state ?? 'stopped';
  }

  /** A snapshot of the numbers; absent before the first `play`. */
  get stats(): RadioStats | undefined {
    return this.#engine?.stats;
  }

  /** Starts at the live edge. Call it in a click or key handler. */
  play(): void {
    this.#engine ??= this.#createEngine();
    this.#engine.play();
  }

  stop(): void {
    this.#engine?.stop();
  }

  override disconnectedCallback(): void {
    super.disconnectedCallback();
    // A move within the page disconnects and connects again in the same task: sound goes on.
    queueMicrotask(() => {
      if (!this.isConnected) this.#dropEngine();
    });
  }

  protected override willUpdate(changed: ReadonlyMap<PropertyKey, unknown>): void {
    if (!QUALITIES.includes(this.quality)) this.quality = 'auto';
    const engine = this.#engine;
    if (engine === undefined) return;
    if (changed.has('volume') || changed.has('muted')) engine.setVolume(this.#effectiveVolume);
    if (changed.has('quality')) engine.setQuality(this.quality);
    if (changed.has('src') || changed.has('base') || changed.has('workletSrc')) this.#changeStation(engine);
  }

  protected override render(): TemplateResult {
    const { view } = this;
    const text = this.#messages;
    return html`
      <div class="card" part="card" role="group" aria-label=${view.station ?? text.station}>
        <div class="row">
          ${this.#renderPlay()}
          <div class="text">
            <p class="title" part="title"><slot name="title">${view.station ?? text.station}</slot></p>
            ${view.nowPlaying === undefined ? nothing : html`<p class="now" part="now-playing">${view.nowPlaying}</p>`}
            ${this.#renderStatus()}
            <div class="meta" part="meta">${this.#renderLive()}${this.#renderBadge()}${this.#renderLatency()}</div>
          </div>
        </div>
        <div class="row controls">
          ${this.#renderVolume()}
          <select part="quality" aria-label=${text.quality} @change=${this.#onQuality}>
            ${QUALITIES.map((q) => html`<option value=${q} ?selected=${q === this.quality}>${text.qualities[q]}</option>`)}
          </select>
        </div>
      </div>
    `;
  }

  #renderPlay(): TemplateResult {
    const { state, station } = this.view;
    const active = state !== 'stopped' && state !== 'failed';
    const busy = state === 'connecting' || state === 'rebuffering';
    const name = station ?? this.#messages.station;
    return html`<button
      class=${busy ? 'play busy' : 'play'}
      part="play-button"
      type="button"
      aria-label=${active ? this.#messages.stop(name) : this.#messages.play(name)}
      @click=${active ? this.stop : this.play}
    ><svg viewBox="0 0 24 24" aria-hidden="true">${active ? icons.stop : icons.play}</svg></button>`;
  }

  /** Always in the page, so that screen readers notice when its text changes. */
  #renderStatus(): TemplateResult {
    const { state, error } = this.view;
    const message = error === undefined ? this.#messages.states[state] : this.#messages.errors[error];
    return html`<p class=${error === undefined ? 'status' : 'status error'} part="status" role="status">${message}</p>`;
  }

  #renderLive(): TemplateResult | typeof nothing {
    const { state, live } = this.view;
    if (state === 'offline') return html`<span class="pill" part="live">${this.#messages.offAir}</span>`;
    if (state !== 'playing' || !live) return nothing;
    return html`<span class="pill live" part="live">${this.#messages.live}</span>`;
  }

  #renderBadge(): TemplateResult | typeof nothing {
    const { verdict } = this.view;
    const [label, explanation] = this.#messages.verdicts[verdict];
    if (label === '') return nothing;
    const lit = verdict === 'verified';
    const mark = lit ? html`<svg viewBox="0 0 24 24" aria-hidden="true">${icons.check}</svg>` : nothing;
    const style = lit ? 'pill badge lit' : 'pill badge';
    return html`<span class=${style} part=${lit ? 'badge badge-lit' : 'badge'} title=${explanation}>${mark}${label}</span>`;
  }

  #renderLatency(): TemplateResult | typeof nothing {
    const { latency } = this.view;
    if (latency === undefined) return nothing;
    return html`<span part="latency">${this.#messages.seconds(latency)} ${this.#messages.latency}</span>`;
  }

  #renderVolume(): TemplateResult {
    const text = this.#messages;
    const volume = this.#effectiveVolume;
    const silent = volume === 0;
    return html`<div class="volume" part="volume">
      <button class="mute" part="mute-button" type="button" aria-label=${silent ? text.unmute : text.mute}
        @click=${this.#onMute}
      ><svg viewBox="0 0 24 24" aria-hidden="true">${silent ? icons.muted : icons.volume}</svg></button>
      <input part="volume-slider" type="range" min="0" max="1" step="0.01" .value=${String(volume)}
        aria-label=${text.volume} aria-valuetext=${text.percent(volume)} @input=${this.#onVolume} />
    </div>`;
  }

  get #effectiveVolume(): number {
    const volume = Number.isFinite(this.volume) ? this.volume : 1;
    return this.muted ? 0 : Math.min(1, Math.max(0, volume));
  }

  readonly #onVolume = (event: Event): void => {
    this.muted = false;
    this.volume = Number((event.target as HTMLInputElement).value);
  };

  readonly #onMute = (): void => {
    const silent = this.#effectiveVolume === 0;
    this.muted = !silent;
    if (silent && this.volume === 0) this.volume = 1;
  };

  readonly #onQuality = (event: Event): void => {
    this.quality = (event.target as HTMLSelectElement).value as Quality;
  };

  #createEngine(): RadioEngine {
    const options: RadioEngineOptions = {
      src: this.src,
      quality: this.quality,
      volume: this.#effectiveVolume,
      ...(this.base === undefined ? {} : { base: this.base }),
      ...(this.workletSrc === undefined ? {} : { workletUrl: new URL(this.workletSrc, document.baseURI) }),
    };
    const engine = createRadioEngine(options);
    engine.on('stats', () => this.#refresh(engine));
    engine.on('recovered', () => this.#refresh(engine));
    engine.on('state', (state) => this.#announce('radio-state', { state }));
    engine.on('segment', (segment: AudibleSegment) => this.#announce('radio-segment', segment));
    engine.on('error', (error: PlayerError) => {
      this.#refresh(engine);
      this.#announce('radio-error', error);
    });
    return engine;
  }

  #refresh(engine: RadioEngine): void {
    if (engine !== this.#engine) return;
    const view = viewOf(engine.stats, engine.error?.code);
    if (!sameView(view, this.view)) this.view = view;
  }

  #announce(type: string, detail: unknown): void {
    this.dispatchEvent(new CustomEvent(type, { detail, bubbles: true, composed: true }));
  }

  #changeStation(engine: RadioEngine): void {
    const active = engine.state !== 'stopped' && engine.state !== 'failed';
    this.#dropEngine();
    if (active) this.play();
  }

  #dropEngine(): void {
    const engine = this.#engine;
    this.#engine = undefined;
    this.view = STOPPED_VIEW;
    engine?.dispose().catch(() => undefined);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'radio-player': RadioPlayer;
  }
}
