import { html, LitElement, type TemplateResult } from 'lit';
import type { Levels, StationStatus } from '../../status.ts';
import { archiveCard, errorNote, listenCard, sourceCard, storeCard } from './cards.ts';
import { durationText } from './format.ts';
import type { LevelMeter } from './level-meter.ts';
import { segmentTable } from './segments.ts';
import { StationFeed } from './station-feed.ts';
import { monitorStyles } from './styles.ts';

const STATES: Readonly<Record<StationStatus['state'], string>> = {
  starting: 'Starting',
  live: 'On air',
  stopping: 'Stopping',
};

/** The operator's page: what the station is doing now. */
export class RadioMonitor extends LitElement {
  static override styles = monitorStyles;
  readonly #feed: StationFeed = new StationFeed(this, (levels) => this.#showLevels(levels));

  override render(): TemplateResult {
    const { status } = this.#feed;
    if (status === null) return html`<main>${this.#header()}</main>`;
    return html`
      <main>
        ${this.#header(status)} ${errorNote(status)}
        <div class=${this.#feed.connected ? '' : 'stale'}>
          <div class="grid">
            <section class="card" aria-label="Levels"><h2>Levels <small>dBFS</small></h2><level-meter></level-meter></section>
            ${listenCard(status)}
          </div>
          <div class="grid">${sourceCard(status)} ${storeCard(status)} ${archiveCard(status)}</div>
          <section class="card">${segmentTable(status.segments)}</section>
        </div>
      </main>
    `;
  }

  override updated(): void {
    const { status, connected } = this.#feed;
    document.title =
      status === null ? 'Radio monitor' : `${connected ? STATES[status.state] : 'No connection'} · ${status.station}`;
  }

  #header(status?: StationStatus): TemplateResult {
    const { connected, wasConnected, nowMs } = this.#feed;
    const lost = wasConnected && !connected;
    const state = lost ? 'lost' : (status?.state ?? 'starting');
    const text = lost ? 'No connection to the station' : STATES[status?.state ?? 'starting'];
    return html`
      <header>
        <h1>${status?.station ?? 'Radio monitor'}</h1>
        <p class="air" role="status" data-state=${state}><span class="lamp" aria-hidden="true"></span>${text}</p>
        ${status === undefined ? '' : html`<p class="uptime">up ${durationText((nowMs - status.startedAtMs) / 1000)}</p>`}
      </header>
    `;
  }

  /** Ten times a second: only the meter is drawn. */
  #showLevels(levels: Levels): void {
    const meter = this.renderRoot.querySelector<LevelMeter>('level-meter');
    if (meter !== null) meter.levels = levels;
  }
}
