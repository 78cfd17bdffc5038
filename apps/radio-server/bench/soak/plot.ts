import type { Measure, SoakSample } from './sample.ts';
import { slopeOf } from './slope.ts';

const PANELS: readonly (readonly [measure: Measure, title: string, unit: string])[] = [
  ['stationRssMb', 'station, memory', 'MB'],
  ['stationFds', 'station, open files', ''],
  ['stationCpuPercent', 'station, processor', '% of a core'],
  ['browserRssMb', 'browser, memory (shared pages counted in each process)', 'MB'],
  ['xruns', 'overruns of the sound card', ''],
  ['underruns', 'underruns of the player', ''],
];
const WIDTH = 760;
const PANEL = 110;
const LEFT = 60;
const RIGHT = 20;
const TOP = 26;
const BOTTOM = 14;

/** One panel a measure, each with its slope after the warm-up. */
export function soakPlot(samples: readonly SoakSample[], title: string): string {
  const end = Math.max(1, samples.at(-1)?.seconds ?? 1);
  const panels = PANELS.map(([measure, name, unit], index) => {
    const { perHour } = slopeOf(samples, measure);
    const heading = `${name}: ${signed(perHour)} ${unit} an hour`.replace('  ', ' ');
    return panel({ samples, measure, heading, end, top: index * PANEL });
  });
  const minutes = `<text x="${WIDTH - RIGHT}" y="${PANELS.length * PANEL + 12}" text-anchor="end">${(end / 60).toFixed(0)} min</text>`;
  const head = `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${WIDTH} ${PANELS.length * PANEL + 20}" role="img" font-family="system-ui, sans-serif" font-size="12" fill="#767676">`;
  return `${head}\n<title>${title}</title>\n${panels.join('\n')}\n${minutes}\n</svg>\n`;
}

interface Panel {
  readonly samples: readonly SoakSample[];
  readonly measure: Measure;
  readonly heading: string;
  /** Seconds at the right edge. */
  readonly end: number;
  readonly top: number;
}

function panel({ samples, measure, heading, end, top }: Panel): string {
  const values = samples.map((sample) => sample[measure]);
  const most = Math.max(1, ...values);
  const height = PANEL - TOP - BOTTOM;
  const base = top + TOP + height;
  const points = samples.map(({ seconds }, index) => {
    const x = LEFT + (seconds / end) * (WIDTH - LEFT - RIGHT);
    return `${x.toFixed(1)},${(base - ((values[index] ?? 0) / most) * height).toFixed(1)}`;
  });
  return [
    `<text x="${LEFT}" y="${top + 16}">${heading}</text>`,
    `<text x="${LEFT - 6}" y="${top + TOP + 8}" text-anchor="end">${most.toFixed(0)}</text>`,
    `<text x="${LEFT - 6}" y="${base}" text-anchor="end">0</text>`,
    `<line x1="${LEFT}" y1="${base}" x2="${WIDTH - RIGHT}" y2="${base}" stroke="#767676" stroke-opacity="0.5"/>`,
    `<polyline points="${points.join(' ')}" fill="none" stroke="#0072b2" stroke-width="1.5"/>`,
  ].join('\n');
}

function signed(value: number): string {
  const text = Math.abs(value).toFixed(1);
  if (Number(text) === 0) return '0';
  return `${value < 0 ? '−' : '+'}${text}`;
}
