import { html, nothing, type TemplateResult } from 'lit';
import type { StationStatus } from '../../status.ts';
import { bytesText, clockText, durationText } from './format.ts';

/** One row of a card: a term and what it is. */
type Fact = readonly [term: string, value: unknown];

function card(title: string, facts: readonly Fact[]): TemplateResult {
  return html`
    <section class="card">
      <h2>${title}</h2>
      <dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
    </section>
  `;
}

export function sourceCard({ source, captured }: StationStatus): TemplateResult {
  const lost = `${captured.gaps} ${captured.gaps === 1 ? 'gap' : 'gaps'}, ${Math.round(captured.lostMs)} ms`;
  return card('Source', [
    ['Kind', source.kind],
    ['What', source.detail],
    ['Depth', `${source.bitDepth} bit`],
    ['Fidelity', html`<span class=${source.fidelity === 'bit-perfect' ? 'good' : 'warn'}>${source.fidelity}</span>`],
    ['Captured', durationText(captured.frames / 48_000)],
    ['Lost', html`<span class=${captured.gaps > 0 ? 'warn' : ''}>${captured.gaps === 0 ? 'nothing' : lost}</span>`],
  ]);
}

export function storeCard({ store, queue, window, segmentSeconds, epoch, backends }: StationStatus): TemplateResult {
  const waiting = `${queue.segments} ${queue.segments === 1 ? 'segment' : 'segments'}, ${bytesText(queue.bytes)}`;
  return card('Publishing', [
    ['Store', store.kind === 's3' ? 'S3 bucket' : 'directory'],
    ['Name', store.name],
    [
      'Waiting',
      html`<span class=${queue.segments > 2 ? 'warn' : ''}>${queue.segments === 0 ? 'nothing' : waiting}</span>`,
    ],
    ['Window', window === null ? 'empty' : `${window.first} to ${window.latest}`],
    ['Segment', `${segmentSeconds} s`],
    ['Epoch', html`<code>${epoch}</code>`],
    ['Encoders', `FLAC ${backends.flac}, Opus ${backends.opus}`],
  ]);
}

export function archiveCard({ archive }: StationStatus): TemplateResult {
  const recording: readonly Fact[] = [
    ['File', archive.file ?? '–'],
    ['Size', bytesText(archive.bytes)],
    ['Length', durationText(archive.seconds)],
  ];
  const state = html`<span class=${archive.state === 'failed' ? 'bad' : ''}>${archive.state}</span>`;
  return card('Archive', [['State', state], ...(archive.state === 'off' ? [] : recording)]);
}

export function listenCard({ links }: StationStatus): TemplateResult {
  const link = (url: string): TemplateResult => html`<a href=${url}>${url}</a>`;
  return card('Listen', [
    ['Page', link(links.site)],
    ['HLS', link(links.hls)],
    ['Manifest', link(links.manifest)],
  ]);
}

/** The last thing that went wrong. Announced by screen readers when it changes. */
export function errorNote({ lastError }: StationStatus): TemplateResult {
  return html`<div role="alert">${
    lastError === null
      ? nothing
      : html`<p class="error"><strong>Last error</strong> ${clockText(lastError.atMs)}: ${lastError.message}</p>`
  }</div>`;
}
