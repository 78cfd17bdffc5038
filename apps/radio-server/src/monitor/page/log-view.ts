import { html, type TemplateResult } from 'lit';
import type { LogLine } from '../../log-tail.ts';
import { clockText } from './format.ts';

/** The end of the log, newest first, so that what is new is where the eye is. */
export function logView(lines: readonly LogLine[]): TemplateResult {
  return html`
    <section class="card" aria-labelledby="log">
      <h2 id="log">Log <small>newest first</small></h2>
      <div class="log" tabindex="0" role="region" aria-labelledby="log">
        ${[...lines]
          .reverse()
          .map(
            ({ atMs, level, message }) =>
              html`<p data-level=${level}><time>${clockText(atMs)}</time> <span class="level">${level}</span> ${message}</p>`,
          )}
      </div>
    </section>
  `;
}
