import { html, svg, type TemplateResult } from 'lit';
import type { Minute } from '../../desk/monitor-status.ts';
import { clockText } from './format.ts';

interface Chart {
  readonly title: string;
  readonly unit: string;
  readonly low: number;
  /** The scale's top; `undefined`: the highest value. */
  readonly high?: number;
  readonly digits: number;
  readonly value: (minute: Minute) => number | null;
}

const CHARTS: readonly Chart[] = [
  { title: 'Short-term loudness', unit: 'LUFS', low: -50, high: 0, digits: 1, value: ({ loudness }) => loudness },
  { title: 'True peak', unit: 'dBFS', low: -50, high: 0, digits: 1, value: ({ peakDbfs }) => peakDbfs },
  { title: 'Segments waiting', unit: '', low: 0, digits: 0, value: ({ queuedSegments }) => queuedSegments },
  { title: 'Write time, p95', unit: 'ms', low: 0, digits: 0, value: ({ putP95Ms }) => putP95Ms },
  { title: 'Uplink', unit: 'Mbit/s', low: 0, digits: 2, value: ({ sentBps }) => sentBps / 1e6 },
  { title: 'Gaps', unit: '', low: 0, digits: 0, value: ({ gaps }) => gaps },
];

const DAY_MS = 86_400_000;
const WIDTH = 288;
const HEIGHT = 60;

/** The last 24 hours, one small chart for each number; each says its range in words, too. */
export function dayCharts(minutes: readonly Minute[], nowMs: number): TemplateResult {
  return html`
    <section class="card" aria-labelledby="day">
      <h2 id="day">Last 24 hours</h2>
      ${
        minutes.length === 0
          ? html`<p class="soft">The first minute is being measured.</p>`
          : html`<div class="charts">${CHARTS.map((chart) => drawChart(chart, minutes, nowMs))}</div>`
      }
    </section>
  `;
}

function drawChart(chart: Chart, minutes: readonly Minute[], nowMs: number): TemplateResult {
  const points = minutes.flatMap((minute) => {
    const value = chart.value(minute);
    return value === null ? [] : [{ atMs: minute.atMs, value }];
  });
  const values = points.map(({ value }) => value);
  const [lowest, highest] = [Math.min(...values), Math.max(...values)];
  const latest = values.at(-1);
  const text = (value: number): string => `${value.toFixed(chart.digits).replace('-', '−')} ${chart.unit}`.trim();
  const summary =
    latest === undefined
      ? 'no values'
      : `${text(latest)} now, ${text(lowest)} to ${text(highest)} since ${clockText(points[0]?.atMs ?? nowMs)}`;
  const top = chart.high ?? Math.max(1, highest);
  const x = (atMs: number): number => Math.max(0, WIDTH * (1 - (nowMs - atMs) / DAY_MS));
  const y = (value: number): number =>
    HEIGHT * (1 - Math.min(1, Math.max(0, (value - chart.low) / Math.max(1e-9, top - chart.low))));
  const path = points.map(({ atMs, value }, i) => `${i === 0 ? 'M' : 'L'}${x(atMs).toFixed(1)} ${y(value).toFixed(1)}`);
  return html`
    <figure>
      <figcaption>${chart.title} <small>${summary}</small></figcaption>
      <svg viewBox="0 0 ${WIDTH} ${HEIGHT}" preserveAspectRatio="none" role="img" aria-label="${chart.title}: ${summary}">
        ${[0.25, 0.5, 0.75].map((part) => svg`<line x1=${WIDTH * part} x2=${WIDTH * part} y1="0" y2=${HEIGHT}></line>`)}
        <path d=${path.join('')}></path>
        ${points.length === 1 ? svg`<circle cx=${x(points[0]?.atMs ?? nowMs)} cy=${y(latest ?? 0)} r="2"></circle>` : ''}
      </svg>
    </figure>
  `;
}
