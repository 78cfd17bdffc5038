import { QUIET_DBFS } from './alignment.ts';
import type { RenditionReport, SegmentReport, VerifyReport } from './report.ts';
import type { Snapshot } from './snapshot.ts';

const COLUMNS = ['segment', 'frames', 'md5', 'join', 'lq on hq', 'hq kB', 'lq kB'] as const;
const WIDTHS = [10, 9, 10, 10, 16, 10, 10];

/** Lines before the first segment. */
export function heading(location: string, { manifest, segments }: Snapshot): string {
  const state = manifest.live ? 'live' : 'off air';
  return [
    `${manifest.station} (${state}, ${manifest.fidelity}) at ${location}`,
    `epoch ${manifest.epoch}, segments of ${manifest.segmentSeconds} s, ${segments[0]?.index} to ${manifest.latest}`,
    '',
    row(COLUMNS),
  ].join('\n');
}

/** One line of the table. */
export function segmentLine(segment: SegmentReport): string {
  const { hq, lq } = segment.renditions;
  return row([
    String(segment.index),
    frames(hq, lq),
    segment.md5 ?? 'n/a',
    segment.join,
    alignment(segment),
    size(hq),
    size(lq),
  ]);
}

/** What follows the table: recordings, differences, notes, and one line that sums up. */
export function summary(report: VerifyReport): string {
  const lines = [''];
  for (const { path, decoder, intact } of report.recordings) {
    lines.push(`recording ${path}: ${intact ? 'intact' : 'DIFFERENT'} (decoded with ${decoder})`);
  }
  for (const { object, check, message } of report.differences) lines.push(`DIFFERENT ${object}: ${check}: ${message}`);
  for (const note of new Set(report.notes)) lines.push(`note: ${note}`);
  for (const reason of new Set(
    report.segments.map(({ alignment: a }) => (a?.decided === false ? a.reason : undefined)),
  )) {
    if (reason !== undefined) lines.push(`note: alignment n/a: ${UNDECIDED[reason]}`);
  }
  lines.push(verdict(report));
  return lines.join('\n');
}

const UNDECIDED = {
  quiet: `quieter than ${QUIET_DBFS} dBFS`,
  noise: 'noise, of which Opus keeps the sound and not the waveform',
  periodic: 'repeats itself, as a test tone does',
  flat: 'bass alone, with a peak too wide to place',
} as const;

function verdict({ differences, segments, recordings, decoders }: VerifyReport): string {
  const left = segments.filter(({ renditions }) =>
    Object.values(renditions).some(({ state }) => state === 'left'),
  ).length;
  const what = [
    plural(segments.length - left, 'segment'),
    ...(left > 0 ? [`${left} left the window meanwhile`] : []),
    ...(recordings.length > 0 ? [plural(recordings.length, 'recording')] : []),
  ].join(', ');
  const found = differences.length === 0 ? 'no difference' : plural(differences.length, 'difference');
  return `${found} in ${what}; decoded with ${decoders.hq} and ${decoders.lq}`;
}

function plural(count: number, noun: string): string {
  return `${count} ${noun}${count === 1 ? '' : 's'}`;
}

function row(cells: readonly string[]): string {
  return cells.map((cell, i) => cell.padStart(WIDTHS[i] ?? 0)).join('');
}

function frames(hq: RenditionReport | undefined, lq: RenditionReport | undefined): string {
  return String(hq?.frames ?? lq?.frames ?? '-');
}

function alignment({ alignment: found }: SegmentReport): string {
  if (found === undefined) return '-';
  return found.decided ? `${found.lag} (${found.correlation.toFixed(4)})` : `n/a ${found.reason}`;
}

function size(rendition: RenditionReport | undefined): string {
  if (rendition?.bytes === undefined) return rendition?.state ?? '-';
  return `${(rendition.bytes / 1000).toFixed(1)}${rendition.state === 'different' ? '!' : ''}`;
}
