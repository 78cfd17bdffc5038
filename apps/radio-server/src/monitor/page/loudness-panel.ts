import { css, html, LitElement, type TemplateResult } from 'lit';
import type { Levels } from '../../status.ts';
import { decibelText } from './format.ts';

/** Drawn at this rate at most: numbers that change faster cannot be read. */
const DRAW_INTERVAL_MS = 250;

/** EBU R 128 in numbers, and a button that starts the integrated ones again. */
export class LoudnessPanel extends LitElement {
  static override properties = { levels: { attribute: false } };
  declare levels: Levels | null;
  #drawnMs = 0;

  constructor() {
    super();
    this.levels = null;
  }

  /** Takes new levels, and draws them when the last ones could be read. */
  show(levels: Levels): void {
    const nowMs = performance.now();
    if (nowMs - this.#drawnMs < DRAW_INTERVAL_MS) return;
    this.#drawnMs = nowMs;
    this.levels = levels;
  }

  override render(): TemplateResult {
    const loudness = this.levels?.loudness;
    const [left, right] = this.levels?.maxPeakDbfs ?? [-150, -150];
    const lufs = (value = -150): string => decibelText(value);
    return html`
      <dl>
        <div><dt>Momentary</dt><dd>${lufs(loudness?.momentary)} <small>LUFS</small></dd></div>
        <div><dt>Short-term</dt><dd>${lufs(loudness?.shortTerm)} <small>LUFS</small></dd></div>
        <div><dt>Integrated</dt><dd>${lufs(loudness?.integrated)} <small>LUFS</small></dd></div>
        <div><dt>Range</dt><dd>${(loudness?.range ?? 0).toFixed(1)} <small>LU</small></dd></div>
        <div><dt>Highest true peak</dt><dd>L ${lufs(left)} · R ${lufs(right)} <small>dBFS</small></dd></div>
      </dl>
      <button @click=${() => fetch('/loudness/reset', { method: 'POST' }).catch(() => undefined)}>Measure anew</button>
    `;
  }

  static override styles = css`
    :host {
      display: grid;
      gap: 0.8rem;
      justify-items: start;
    }
    dl {
      display: grid;
      grid-template-columns: repeat(auto-fit, minmax(7.5rem, 1fr));
      gap: 0.8rem 1rem;
      width: 100%;
      margin: 0;
    }
    dt,
    small {
      color: var(--soft);
      font-size: 0.85rem;
    }
    dd {
      margin: 0;
      font-size: 1.15rem;
      font-variant-numeric: tabular-nums;
    }
    div:last-child {
      grid-column: 1 / -1;
    }
    button {
      min-height: 2.4rem;
      padding: 0.3rem 0.8rem;
      border: 1px solid var(--edge);
      border-radius: 0.4rem;
      background: transparent;
      color: var(--ink);
      font: inherit;
      cursor: pointer;
    }
    :focus-visible {
      outline: 3px solid var(--accent);
      outline-offset: 2px;
    }
  `;
}
