import { type CSSResult, html, LitElement, nothing, type PropertyDeclarations, type TemplateResult } from 'lit';
import { icons } from './element/icons.ts';
import { ENGLISH, type Language, loadLanguage, wantedLanguages } from './element/language.ts';
import { LevelMeter } from './element/level-meter.ts';
import { hideMediaSession, showMediaSession } from './element/media-session.ts';
import type { Messages } from './element/messages.ts';
import { SinglePlayback } from './element/single-playback.ts';
import { styles } from './element/styles.ts';
import { type PlayerView, STOPPED_VIEW, sameView, titleLine, viewOf } from './element/view.ts';
import { createBestEngine, type EngineKind } from './engine/choose-engine.ts';
import type { LatencyMode } from './engine/core/live-edge.ts';
import type { PlayerError } from './engine/error.ts';
import type { AudibleSegment, RadioEngine, RadioEngineOptions, RadioState, RadioStats } from './engine/types.ts';

type Quality = RadioEngine['quality'];

const QUALITIES: readonly Quality[] = ['auto', 'hq', 'lq'];
const LATENCY_MODES: readonly LatencyMode[] = ['low', 'balanced', 'stable'];
const ENGINES: readonly EngineKind[] = ['auto', 'worklet', 'element'];

/** A window shorter than this, in seconds, is not worth a slider. */
const MIN_WINDOW_SECONDS = 15;

/**
 * `<radio-player src="https://…/live/manifest.json">`: a station, ready to play. Nothing is requested before play.
 *
 * @fires radio-state - `detail: { state }` when the {@link RadioState} changes
 * @fires radio-segment - `detail:` {@link AudibleSegment}, when another segment is heard
 * @fires radio-nowplaying - `detail: { title?, artist?, album? }`, when another title is heard
 * @fires radio-error - `detail:` {@link PlayerError}
 * @slot title - replaces the station's name
 */
export class RadioPlayer extends LitElement {
  static override styles: CSSResult = styles;
  static override properties: PropertyDeclarations = {
    src: {},
    base: {},
    tokenUrl: { attribute: 'token-url' },
    workletSrc: { attribute: 'worklet-src' },
    engineKind: { attribute: 'engine' },
    latencyMode: { attribute: 'latency-mode' },
    layout: { reflect: true, useDefault: true },
    artwork: {},
    lang: {},
    volume: { type: Number },
    muted: { type: Boolean },
    quality: { reflect: true, useDefault: true },
    view: { state: true },
    language: { state: true },
  };

  /** URL of the manifest. Changing it while playing changes the station. */
  declare src: string;
  /** Directory of the media objects, when it is not the manifest's own. */
  declare base: string | undefined;
  /** Of a private station: where its gate gives session tokens. */
  declare tokenUrl: string | undefined;
  /** URL of `worklet.js`, when it does not lie beside the player's module. */
  declare workletSrc: string | undefined;
  /** Which engine plays. Another one goes on at the frame where this one stops. */
  declare engineKind: EngineKind;
  /** How close to the live edge to play; takes effect with the next start or jump. */
  declare latencyMode: LatencyMode;
  /** `full`, or `mini`: one row. */
  declare layout: 'full' | 'mini';
  /** URL of a picture for the lock screen. */
  declare artwork: string | undefined;
  /** 0 to 1. At 1 samples pass unchanged. */
  declare volume: number;
  declare muted: boolean;
  declare quality: Quality;
  declare private view: PlayerView;
  declare private language: Language;

  #engine: RadioEngine | undefined;
  #meter: LevelMeter | undefined;
  #elsewhere = false;
  #dragging = false;
  readonly #playback = new SinglePlayback(() => this.#onElsewhere());

  constructor() {
    super();
    this.src = '';
    this.base = undefined;
    this.tokenUrl = undefined;
    this.workletSrc = undefined;
    this.engineKind = 'auto';
    this.latencyMode = 'balanced';
    this.layout = 'full';
    this.artwork = undefined;
    this.volume = 1;
    this.muted = false;
    this.quality = 'auto';
    this.view = STOPPED_VIEW;
    this.language = ENGLISH;
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

  /** Starts at the live edge, or goes on after `pause`. Call it in a click or key handler. */
  play(): void {
    this.#elsewhere = false;
    this.#engine ??= this.#createEngine();
    this.#engine.play();
    this.#playback.claim();
  }

  stop(): void {
    this.#engine?.stop();
  }

  /** Falls silent; `play` goes on at the same place while it is in the window. */
  pause(): void {
    this.#engine?.pause();
  }

  /** Plays from `seconds` behind the live edge. */
  seek(seconds: number): void {
    this.#engine?.seek(seconds);
  }

  goLive(): void {
    this.#engine?.goLive();
  }

  override connectedCallback(): void {
    super.connectedCallback();
    this.#chooseLanguage().catch(() => undefined);
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
    if (!LATENCY_MODES.includes(this.latencyMode)) this.latencyMode = 'balanced';
    if (!ENGINES.includes(this.engineKind)) this.engineKind = 'auto';
    if (changed.has('lang')) this.#chooseLanguage().catch(() => undefined);
    const engine = this.#engine;
    if (engine === undefined) return;
    if (changed.has('volume') || changed.has('muted')) engine.setVolume(this.#effectiveVolume);
    if (changed.has('quality')) engine.setQuality(this.quality);
    if (changed.has('latencyMode')) engine.setLatencyMode(this.latencyMode);
    if (['src', 'base', 'tokenUrl', 'workletSrc'].some((name) => changed.has(name))) this.#changeStation(engine);
    else if (changed.has('engineKind')) this.#changeEngine(engine);
  }

  protected override updated(): void {
    this.#updateMeter();
    if (this.#active) {
      const actions = { play: () => this.play(), pause: () => this.pause(), stop: () => this.stop() };
      showMediaSession(this, this.view, this.artwork, actions);
    } else {
      hideMediaSession(this);
    }
  }

  protected override render(): TemplateResult {
    const { view, language } = this;
    const text = language.messages;
    const mini = this.layout === 'mini';
    const title = titleLine(view.nowPlaying);
    return html`
      <div class=${mini ? 'card mini' : 'card'} part="card" role="group" dir=${language.direction}
        lang=${language.code} aria-label=${view.station ?? text.station}>
        <div class="row">
          ${this.#renderPlay()}
          <div class="text">
            <p class="title" part="title"><slot name="title">${view.station ?? text.station}</slot></p>
            ${title === '' ? nothing : html`<p class="now" part="now-playing">${title}</p>`}
            ${this.#renderStatus()}
            <div class="meta" part="meta">${this.#renderLive()}${this.#renderBadge()}${mini ? nothing : this.#renderLatency()}</div>
          </div>
          ${mini ? this.#renderMute() : nothing}
        </div>
        ${mini ? nothing : this.#renderTimeline()}
        ${mini ? nothing : this.#renderControls()}
      </div>
    `;
  }

  get #text(): Messages {
    return this.language.messages;
  }

  get #active(): boolean {
    const { state } = this.view;
    return state !== 'stopped' && state !== 'failed';
  }

  #renderPlay(): TemplateResult {
    const { state, station, elsewhere } = this.view;
    const sounding = this.#active && state !== 'paused';
    const busy = state === 'connecting' || state === 'rebuffering';
    const name = station ?? this.#text.station;
    const label = sounding ? this.#text.stop(name) : elsewhere ? this.#text.playHere : this.#text.play(name);
    return html`<button
      class=${busy ? 'play busy' : 'play'}
      part="play-button"
      type="button"
      aria-label=${label}
      @click=${sounding ? this.stop : this.play}
    ><svg viewBox="0 0 24 24" aria-hidden="true">${sounding ? icons.stop : icons.play}</svg></button>`;
  }

  /** Always in the page, so that screen readers notice when its text changes. */
  #renderStatus(): TemplateResult {
    const { state, error, elsewhere } = this.view;
    const stateText = elsewhere ? this.#text.elsewhere : this.#text.states[state];
    const message = error === undefined ? stateText : this.#text.errors[error];
    return html`<p class=${error === undefined ? 'status' : 'status error'} part="status" role="status">${message}</p>`;
  }

  #renderLive(): TemplateResult | typeof nothing {
    const { state, live, shifted } = this.view;
    if (state === 'offline') return html`<span class="pill" part="live">${this.#text.offAir}</span>`;
    if (state !== 'playing' || !live || shifted) return nothing;
    return html`<span class="pill live" part="live">${this.#text.live}</span>`;
  }

  #renderBadge(): TemplateResult | typeof nothing {
    const { verdict } = this.view;
    const [label, explanation] = this.#text.verdicts[verdict];
    if (label === '') return nothing;
    const lit = verdict === 'verified';
    const mark = lit ? html`<svg viewBox="0 0 24 24" aria-hidden="true">${icons.check}</svg>` : nothing;
    const style = lit ? 'pill badge lit' : 'pill badge';
    return html`<span class=${style} part=${lit ? 'badge badge-lit' : 'badge'} title=${explanation}>${mark}${label}</span>`;
  }

  #renderLatency(): TemplateResult | typeof nothing {
    const { latency } = this.view;
    if (latency === undefined) return nothing;
    return html`<span part="latency">${this.#text.seconds(latency)} ${this.#text.latency}</span>`;
  }

  /** The window as a slider, with pause and the way back to live; where there is a window to speak of. */
  #renderTimeline(): TemplateResult | typeof nothing {
    const { window, behind, shifted, state } = this.view;
    if (!this.#active || window < MIN_WINDOW_SECONDS) return nothing;
    const text = this.#text;
    const pause =
      state === 'paused'
        ? nothing
        : html`<button class="mute" part="pause-button" type="button" aria-label=${text.pause} @click=${this.pause}
            ><svg viewBox="0 0 24 24" aria-hidden="true">${icons.pause}</svg></button>`;
    const live = shifted
      ? html`<button class="pill action" part="live-button" type="button" @click=${this.goLive}>${text.goLive}</button>`
      : nothing;
    return html`<div class="row timeline" part="timeline">
      ${pause}
      <input part="timeline-slider" type="range" min="0" max=${window} step="1"
        .value=${this.#dragging ? nothing : String(Math.max(0, window - behind))}
        aria-label=${text.timeline} aria-valuetext=${text.behind(shifted ? behind : 0)}
        @input=${this.#onDrag} @change=${this.#onSeek} />
      ${live}
    </div>`;
  }

  #renderControls(): TemplateResult {
    const text = this.#text;
    const volume = this.#effectiveVolume;
    return html`<div class="row controls">
      <div class="volume" part="volume">
        ${this.#renderMute()}
        <input part="volume-slider" type="range" min="0" max="1" step="0.01" .value=${String(volume)}
          aria-label=${text.volume} aria-valuetext=${text.percent(volume)} @input=${this.#onVolume} />
      </div>
      <canvas part="meter" width="56" height="11" aria-hidden="true"></canvas>
      <select part="quality" aria-label=${text.quality} @change=${this.#onQuality}>
        ${QUALITIES.map((q) => html`<option value=${q} ?selected=${q === this.quality}>${text.qualities[q]}</option>`)}
      </select>
    </div>`;
  }

  #renderMute(): TemplateResult {
    const silent = this.#effectiveVolume === 0;
    const label = silent ? this.#text.unmute : this.#text.mute;
    return html`<button class="mute" part="mute-button" type="button" aria-label=${label} @click=${this.#onMute}
      ><svg viewBox="0 0 24 24" aria-hidden="true">${silent ? icons.muted : icons.volume}</svg></button>`;
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

  readonly #onDrag = (): void => {
    this.#dragging = true;
  };

  readonly #onSeek = (event: Event): void => {
    this.#dragging = false;
    const { max, value } = event.target as HTMLInputElement;
    this.seek(Number(max) - Number(value));
  };

  async #chooseLanguage(): Promise<void> {
    this.language = await loadLanguage(wantedLanguages(this, this.lang));
  }

  /** The meter lives while something is heard through Web Audio and there is a canvas to draw on. */
  #updateMeter(): void {
    const canvas = this.renderRoot.querySelector('canvas');
    const node = this.view.state === 'playing' ? this.#engine?.outputNode : undefined;
    if (node === undefined || canvas === null) {
      this.#meter?.close();
      this.#meter = undefined;
    } else {
      this.#meter ??= new LevelMeter(canvas, node);
    }
  }

  #createEngine(): RadioEngine {
    const options: RadioEngineOptions = {
      src: this.src,
      quality: this.quality,
      latencyMode: this.latencyMode,
      volume: this.#effectiveVolume,
      ...(this.base === undefined ? {} : { base: this.base }),
      ...(this.tokenUrl === undefined ? {} : { tokenUrl: this.tokenUrl }),
      ...(this.workletSrc === undefined ? {} : { workletUrl: new URL(this.workletSrc, document.baseURI) }),
    };
    const engine = createBestEngine(options, this.engineKind);
    engine.on('stats', () => this.#refresh(engine));
    engine.on('recovered', () => this.#refresh(engine));
    engine.on('state', (state) => this.#onState(state));
    engine.on('segment', (segment: AudibleSegment) => this.#announce('radio-segment', segment));
    engine.on('nowplaying', (title) => this.#announce('radio-nowplaying', { ...title }));
    engine.on('error', (error: PlayerError) => {
      this.#refresh(engine);
      this.#announce('radio-error', error);
    });
    return engine;
  }

  #onState(state: RadioState): void {
    if (state === 'stopped' || state === 'failed' || state === 'paused') this.#playback.release();
    this.#announce('radio-state', { state });
  }

  /** Another tab, or another player of this page, was started. */
  #onElsewhere(): void {
    this.#elsewhere = true;
    this.stop();
    if (this.#engine !== undefined) this.#refresh(this.#engine);
  }

  #refresh(engine: RadioEngine): void {
    if (engine !== this.#engine) return;
    const view = viewOf(engine.stats, engine.error?.code, this.#elsewhere);
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

  /** The other engine goes on at the frame where this one stops. */
  #changeEngine(engine: RadioEngine): void {
    const active = engine.state !== 'stopped' && engine.state !== 'failed' && engine.state !== 'paused';
    const place = engine.halt();
    this.#dropEngine(place.then(() => undefined));
    if (!active) return;
    this.#engine = this.#createEngine();
    this.#engine.play(place);
    this.#playback.claim();
  }

  #dropEngine(halted: Promise<void> = Promise.resolve()): void {
    const engine = this.#engine;
    this.#engine = undefined;
    this.view = STOPPED_VIEW;
    this.#playback.release();
    this.#meter?.close();
    this.#meter = undefined;
    hideMediaSession(this);
    halted.then(() => engine?.dispose()).catch(() => undefined);
  }
}

declare global {
  interface HTMLElementTagNameMap {
    'radio-player': RadioPlayer;
  }
}
