import { html, LitElement, type TemplateResult } from 'lit';
import type { MonitorStatus, OnAir } from '../../desk/monitor-status.ts';
import {
  alertPanel,
  archiveCard,
  errorNote,
  networkCard,
  pastAlerts,
  processCard,
  sourceCard,
  storeCard,
} from './cards.ts';
import { dayCharts } from './charts.ts';
import { durationText } from './format.ts';
import type { LevelMeter } from './level-meter.ts';
import { logView } from './log-view.ts';
import type { LoudnessPanel } from './loudness-panel.ts';
import { segmentStrip, segmentTable } from './segments.ts';
import type { SpectrumView } from './spectrum-view.ts';
import { StationFeed } from './station-feed.ts';
import { monitorStyles } from './styles.ts';

const STATES: Readonly<Record<OnAir, string>> = {
  starting: 'Starting',
  on: 'On air',
  stopping: 'Stopping',
  off: 'Off the air',
};

/** The operator's page: what the station is doing now. */
export class RadioMonitor extends LitElement {
  static override styles = monitorStyles;
  readonly #feed: StationFeed = new StationFeed(this, {
    onLevels: (levels) => {
      const meter = this.renderRoot.querySelector<LevelMeter>('level-meter');
      if (meter !== null) meter.levels = levels;
      this.renderRoot.querySelector<LoudnessPanel>('loudness-panel')?.show(levels);
    },
    onSpectrum: (bands) => {
      const view = this.renderRoot.querySelector<SpectrumView>('spectrum-view');
      if (view !== null) view.bands = bands;
    },
  });

  override render(): TemplateResult {
    const { status, connected, lines, minutes, nowMs } = this.#feed;
    if (status === null) return html`<main>${this.#header()} ${logView(lines)}</main>`;
    return html`
      <main>
        ${this.#header(status)} ${alertPanel(status)} ${errorNote(status)}
        <div class=${connected ? '' : 'stale'}>
          <div class="grid wide">
            <div class="stack">
              <section class="card" aria-labelledby="levels">
                <h2 id="levels">Levels <small>true peak and VU, dBFS</small></h2>
                <level-meter></level-meter>
              </section>
              <section class="card" aria-labelledby="spectrum">
                <h2 id="spectrum">Spectrum <small>thirds of an octave</small></h2>
                <spectrum-view></spectrum-view>
              </section>
            </div>
            <section class="card" aria-labelledby="loudness">
              <h2 id="loudness">Loudness <small>EBU R 128</small></h2>
              <loudness-panel></loudness-panel>
            </section>
            <div class="card"><station-controls .status=${status}></station-controls></div>
          </div>
          <section class="card">${segmentStrip(status.segments)} ${segmentTable(status.segments)}</section>
          <div class="grid">
            ${sourceCard(status)} ${storeCard(status)} ${networkCard(status)} ${archiveCard(status)} ${processCard(status)}
            ${pastAlerts(status)}
          </div>
          ${dayCharts(minutes, nowMs)} ${logView(lines)}
        </div>
      </main>
    `;
  }

  override updated(): void {
    const { status, connected } = this.#feed;
    document.title =
      status === null ? 'Radio monitor' : `${connected ? STATES[status.onAir] : 'No connection'} · ${status.station}`;
  }

  #header(status?: MonitorStatus): TemplateResult {
    const { connected, wasConnected, nowMs } = this.#feed;
    const lost = wasConnected && !connected;
    const state = lost ? 'lost' : (status?.onAir ?? 'starting');
    const text = lost ? 'No connection to the station' : STATES[status?.onAir ?? 'starting'];
    const well = status !== undefined && status.alerts.active.length === 0 && status.onAir === 'on';
    return html`
      <header>
        <h1>${status?.station ?? 'Radio monitor'}</h1>
        <p class="air" role="status" data-state=${state}><span class="lamp" aria-hidden="true"></span>${text}</p>
        ${well && !lost ? html`<p class="good">all is well</p>` : ''}
        ${status === undefined ? '' : html`<p class="uptime">up ${durationText((nowMs - status.startedAtMs) / 1000)}</p>`}
      </header>
    `;
  }
}
