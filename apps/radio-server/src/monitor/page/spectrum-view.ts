import { css, html, LitElement, type TemplateResult } from 'lit';

const FLOOR_DBFS = -90;
const LOWEST_HZ = 31.5;
const LABELS = [63, 250, 1000, 4000, 16_000] as const;

/** Thirds of an octave as bars. */
export class SpectrumView extends LitElement {
  static override properties = { bands: { attribute: false } };
  declare bands: readonly number[];

  constructor() {
    super();
    this.bands = [];
  }

  override render(): TemplateResult {
    const loudest = this.bands.indexOf(Math.max(...this.bands));
    const hz = Math.round(LOWEST_HZ * 2 ** (loudest / 3));
    const said = this.bands.length === 0 ? 'no signal yet' : `loudest around ${hz} Hz`;
    return html`
      <div class="bars" role="img" aria-label="Spectrum from 31.5 Hz to 16 kHz, ${said}">
        ${this.bands.map((dbfs) => html`<span .style=${`--level: ${height(dbfs)}%`}></span>`)}
      </div>
      <div class="scale" aria-hidden="true">
        ${LABELS.map((label) => html`<span .style=${`left: ${place(label)}%`}>${label < 1000 ? label : `${label / 1000}k`}</span>`)}
      </div>
    `;
  }

  static override styles = css`
    .bars {
      display: flex;
      align-items: end;
      gap: 2px;
      height: 7rem;
      border-bottom: 1px solid var(--edge);
    }
    .bars span {
      flex: 1;
      height: var(--level);
      border-radius: 2px 2px 0 0;
      background: var(--accent);
    }
    .scale {
      position: relative;
      height: 1.3rem;
      color: var(--soft);
      font-size: 0.75rem;
    }
    .scale span {
      position: absolute;
      transform: translateX(-50%);
    }
  `;
}

function height(dbfs: number): number {
  return Math.round(Math.min(100, Math.max(0, ((dbfs - FLOOR_DBFS) / -FLOOR_DBFS) * 100)));
}

/** The middle of a band, of 28. */
function place(hz: number): number {
  return ((Math.log2(hz / LOWEST_HZ) * 3 + 0.5) / 28) * 100;
}
