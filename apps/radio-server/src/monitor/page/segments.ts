import { html, nothing, type TemplateResult } from 'lit';
import { RECENT_SEGMENTS, type SegmentStatus } from '../../status.ts';
import { clockText, kilobytesText } from './format.ts';

/** The list with `segment` in its place, oldest first, not longer than the station's own. */
export function mergeSegment(segments: readonly SegmentStatus[], segment: SegmentStatus): readonly SegmentStatus[] {
  const others = segments.filter(({ index }) => index !== segment.index);
  return [...others, segment].sort((a, b) => a.index - b.index).slice(-RECENT_SEGMENTS);
}

/** The newest segments, newest first. */
export function segmentTable(segments: readonly SegmentStatus[]): TemplateResult {
  return html`
    <div class="scroll" tabindex="0" role="region" aria-labelledby="segments">
      <table>
        <caption id="segments">Segments, newest first</caption>
        <thead>
          <tr>
            <th scope="col">Index</th>
            <th scope="col">Starts</th>
            <th scope="col" class="number">hq kB</th>
            <th scope="col" class="number">lq kB</th>
            <th scope="col" class="number"><abbr title="Milliseconds from the first upload until listeners can see it">ms</abbr></th>
            <th scope="col">State</th>
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

function segmentRow({ index, utcMs, hqBytes, lqBytes, publishMs, state }: SegmentStatus): TemplateResult {
  return html`
    <tr>
      <th scope="row" class="number">${index}</th>
      <td>${clockText(utcMs)}</td>
      <td class="number">${kilobytesText(hqBytes)}</td>
      <td class="number">${kilobytesText(lqBytes)}</td>
      <td class="number">${publishMs === null ? '–' : Math.round(publishMs)}</td>
      <td><span class="state" data-state=${state}>${state}</span></td>
    </tr>
  `;
}
