import { css, html, LitElement, type TemplateResult } from 'lit';
import type { Levels } from '../../status.ts';
import { decibelText } from './format.ts';
import { PeakHold } from './peak-hold.ts';

/** The lowest level the meter shows. */
const FLOOR_DBFS = -60;
/** From here on a peak is shown as a warning: what a converter or an encoder may clip. */
const HOT_DBFS = -1;
const MARKS = [-48, -36, -24, -12, 0] as const;
const CHANNELS = ['Left', 'Right'] as const;

/** True peak and VU of both channels: the bar is the VU needle, the pale bar the true peak, the line the held peak. */
export class LevelMeter extends LitElement {
  static override properties = { levels: { attribute: false } };
  declare levels: Levels | null;
  readonly #holds = [new PeakHold(), new PeakHold()] as const;

  constructor() {
    super();
    this.levels = null;
  }

  override render(): TemplateResult {
    return html`
      ${CHANNELS.map((name, channel) => this.#channel(name, channel as 0 | 1))}
      <div class="scale" aria-hidden="true">
        ${MARKS.map((mark) => html`<span .style=${`left: ${percent(mark)}%`}>${String(mark).replace('-', '−')}</span>`)}
      </div>
    `;
  }

  #channel(name: string, channel: 0 | 1): TemplateResult {
    const peak = this.levels?.peakDbfs[channel] ?? Number.NEGATIVE_INFINITY;
    const vu = this.levels?.vuDbfs[channel] ?? Number.NEGATIVE_INFINITY;
    const held = this.levels === null ? peak : this.#holds[channel].update(peak, performance.now());
    const now = Math.round(Math.max(peak, FLOOR_DBFS));
    return html`
      <div class="channel">
        <span class="name" aria-hidden="true">${name.slice(0, 1)}</span>
        <div
          class="track"
          role="meter"
          aria-label="${name} channel true peak"
          aria-valuemin=${FLOOR_DBFS}
          aria-valuemax="0"
          aria-valuenow=${now}
          aria-valuetext="${now} dBFS"
        >
          <div class="bar peak" .style=${`clip-path: inset(0 ${100 - percent(peak)}% 0 0)`}></div>
          <div class="bar" .style=${`clip-path: inset(0 ${100 - percent(vu)}% 0 0)`}></div>
          <div class="hold ${held >= HOT_DBFS ? 'hot' : ''}" .style=${`left: ${percent(held)}%`}></div>
        </div>
        <output class="${held >= HOT_DBFS ? 'hot' : ''}" aria-hidden="true">${decibelText(held)}</output>
      </div>
    `;
  }

  static override styles = css`
    :host {
      display: grid;
      gap: 0.5rem;
    }
    .channel {
      display: grid;
      grid-template-columns: 1rem minmax(0, 1fr) 3.25rem;
      gap: 0.6rem;
      align-items: center;
    }
    .name {
      color: var(--soft);
      font-weight: 600;
    }
    output {
      font-variant-numeric: tabular-nums;
      text-align: end;
    }
    .track {
      position: relative;
      height: 1rem;
      border-radius: 0.25rem;
      background: var(--track);
      overflow: hidden;
    }
    .bar {
      position: absolute;
      inset: 0;
      background: linear-gradient(to right, var(--good) 0 70%, var(--warn) 85%, var(--live) 98%);
    }
    .bar.peak {
      opacity: 0.45;
    }
    .hold {
      position: absolute;
      inset-block: 0;
      width: 2px;
      margin-inline-start: -2px;
      background: var(--ink);
    }
    .hot {
      color: var(--live);
      font-weight: 650;
    }
    .hold.hot {
      background: var(--live);
    }
    .scale {
      position: relative;
      height: 1.2rem;
      margin-inline: 1.6rem 3.85rem;
      color: var(--soft);
      font-size: 0.75rem;
    }
    .scale span {
      position: absolute;
      transform: translateX(-50%);
      white-space: nowrap;
    }
  `;
}

function percent(dbfs: number): number {
  return Math.min(100, Math.max(0, ((dbfs - FLOOR_DBFS) / -FLOOR_DBFS) * 100));
}
