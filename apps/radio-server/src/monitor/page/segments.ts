import { html, nothing, type TemplateResult } from 'lit';
import type { RenditionState, SegmentOnItsWay } from '../../desk/monitor-status.ts';
import { clockText, kilobytesText } from './format.ts';

const WORDS: Readonly<Record<RenditionState, string>> = {
  encoding: 'encoding',
  spooled: 'spooled',
  uploading: 'uploading',
  uploaded: 'uploaded',
  'in-window': 'in window',
  leaving: 'leaving',
  deleted: 'deleted',
  failed: 'failed',
};

/** Both renditions of the newest segments as a strip of cells, oldest left: seen at a glance. */
export function segmentStrip(segments: readonly SegmentOnItsWay[]): TemplateResult {
  return html`
    <div class="strip" aria-hidden="true">
      ${(['hq', 'lq'] as const).map(
        (rendition) => html`
          <span class="label">${rendition}</span>
          ${segments.map(
            (segment) =>
              html`<span class="cell" data-state=${segment[rendition]} title="${segment.index} ${rendition}: ${WORDS[segment[rendition]]}"></span>`,
          )}
          ${Array.from({ length: Math.max(0, 20 - segments.length) }, () => html`<span class="cell"></span>`)}
        `,
      )}
    </div>
  `;
}

/** The newest segments, newest first. */
export function segmentTable(segments: readonly SegmentOnItsWay[]): TemplateResult {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-labelledby="segments">
      <table>
        <caption id="segments">Segments, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Index</th>
            <th scope="col">Starts</th>
            <th scope="col">hq</th>
            <th scope="col" class="number">kB</th>
            <th scope="col">lq</th>
            <th scope="col" class="number">kB</th>
            <th scope="col" class="number"><abbr title="Milliseconds from the first upload until listeners can see it">ms</abbr></th>
          </tr>
        </thead>
        <tbody>
          ${[...segments].reverse().map(segmentRow)}
        </tbody>
      </table>
      ${segments.length === 0 ? html`<p class="soft">The first segment is being filled.</p>` : nothing}
    </div>
  `;
}

function segmentRow({ index, utcMs, hqBytes, lqBytes, publishMs, hq, lq }: SegmentOnItsWay): TemplateResult {
  const cell = (state: RenditionState): TemplateResult =>
    html`<td><span class="state" data-state=${state}>${WORDS[state]}</span></td>`;
  return html`
    <tr>
      <th scope="row" class="number">${index}</th>
      <td>${clockText(utcMs)}</td>
      ${cell(hq)}
      <td class="number">${kilobytesText(hqBytes)}</td>
      ${cell(lq)}
      <td class="number">${kilobytesText(lqBytes)}</td>
      <td class="number">${publishMs === null ? '–' : Math.round(publishMs)}</td>
    </tr>
  `;
}
