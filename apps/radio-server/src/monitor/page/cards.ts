import { html, nothing, type TemplateResult } from 'lit';
import type { MonitorStatus } from '../../desk/monitor-status.ts';
import { bitRateText, bytesText, clockText, durationText, hoursText, signedText } from './format.ts';

/** One row of a card: a term and what it is. */
type Fact = readonly [term: string, value: unknown];
type Mood = 'good' | 'warn' | 'bad' | '';

function card(title: string, facts: readonly Fact[]): TemplateResult {
  return html`
    <section class="card">
      <h2>${title}</h2>
      <dl>${facts.map(([term, value]) => html`<div><dt>${term}</dt><dd>${value}</dd></div>`)}</dl>
    </section>
  `;
}

function felt(mood: Mood, text: unknown): TemplateResult {
  return html`<span class=${mood}>${text}</span>`;
}

function many(count: number, one: string, more = `${one}s`): string {
  return `${count} ${count === 1 ? one : more}`;
}

export function sourceCard({ source, captured, capture }: MonitorStatus): TemplateResult {
  const lost = `${many(captured.gaps, 'gap')}, ${Math.round(captured.lostMs)} ms`;
  const { trueBitDepth: bits, clockPpm, xruns, ntp } = capture;
  const depth =
    bits === null
      ? `${source.bitDepth} bit`
      : felt(bits < source.bitDepth ? 'warn' : '', `${source.bitDepth} bit, ${bits} in use`);
  const sync = ntp.synchronized === null ? 'unknown' : ntp.synchronized ? `yes (${ntp.source})` : 'no';
  return card('Source', [
    ['Device', source.name],
    ['Format', source.detail],
    ['Depth', depth],
    ['Fidelity', felt(source.fidelity === 'bit-perfect' ? 'good' : 'warn', source.fidelity)],
    ['State', felt(capture.state === 'reopening' ? 'bad' : '', capture.state)],
    ['Captured', durationText(captured.frames / 48_000)],
    ['Clock', clockPpm === null ? 'being measured (10 min)' : `${signedText(clockPpm)} ppm`],
    ['Xruns', felt(xruns > 0 ? 'warn' : '', xruns)],
    ['Lost', felt(captured.gaps > 0 ? 'warn' : '', captured.gaps === 0 ? 'nothing' : lost)],
    ['NTP', felt(ntp.synchronized === false ? 'bad' : '', sync)],
  ]);
}

export function storeCard(status: MonitorStatus): TemplateResult {
  const { store, queue, spool, window, segmentSeconds, epoch, backends, counts } = status;
  const waiting = `${many(queue.segments, 'segment')}, ${bytesText(queue.bytes)}, oldest ${Math.round(spool.oldestSeconds)} s`;
  const late = spool.oldestSeconds > Math.max(30, 3 * segmentSeconds);
  return card('Publishing', [
    ['Store', store.kind === 's3' ? 'S3 bucket' : 'directory'],
    ['Name', store.name],
    ['Window', window === null ? 'empty' : `${window.first} to ${window.latest}`],
    ['Spool', felt(late ? 'bad' : queue.segments > 2 ? 'warn' : '', queue.segments === 0 ? 'empty' : waiting)],
    ['On disk', bytesText(spool.diskBytes)],
    ['Published', `${many(counts.published, 'segment')}, ${counts.backfilled} late`],
    ['Dropped', felt(counts.dropped > 0 ? 'bad' : '', counts.dropped)],
    ['Segment', `${segmentSeconds} s`],
    ['Epoch', html`<code>${epoch}</code>`],
    ['Encoders', `FLAC ${backends.flac}, Opus ${backends.opus}`],
  ]);
}

export function networkCard({ storage, uplink, store, cost }: MonitorStatus): TemplateResult {
  const ms = (value: number | null): string => (value === null ? '–' : `${Math.round(value)} ms`);
  const { availableBps, availableIs, neededBps, usedBps } = uplink;
  const headroom = availableBps === null ? undefined : availableBps / neededBps;
  const { clock } = store;
  const off = clock !== null && Math.abs(clock.offsetMs) - clock.errorMs > 1000;
  return card('Network', [
    ['Uplink', `${bitRateText(usedBps)} used, ${bitRateText(neededBps)} at most`],
    ['Line', availableBps === null ? 'not known yet' : `${bitRateText(availableBps)} (${availableIs})`],
    [
      'Headroom',
      headroom === undefined
        ? '–'
        : felt(headroom < 1 ? 'bad' : headroom < 1.5 ? 'warn' : 'good', `${headroom.toFixed(1)} ×`),
    ],
    ['Write', `p50 ${ms(storage.p50Ms)}, p95 ${ms(storage.p95Ms)}`],
    ['Failures', felt(storage.failures > 0 ? 'warn' : '', storage.failures)],
    [
      'Clock',
      clock === null
        ? 'not known'
        : felt(off ? 'bad' : '', `${signedText(clock.offsetMs / 1000, 2)} s to the bucket's`),
    ],
    [
      'Requests',
      `${storage.requests.writes} writes, ${storage.requests.reads} reads, ${storage.requests.deletes} deletes`,
    ],
    [
      'A month',
      cost === null
        ? store.kind === 's3'
          ? 'after a minute'
          : 'costs nothing'
        : html`${(cost.writes / 1e6).toFixed(2)} M writes, <strong>$${cost.dollars.toFixed(2)}</strong> <small>${cost.prices}</small>`,
    ],
  ]);
}

export function archiveCard({ archive }: MonitorStatus): TemplateResult {
  const { hoursLeft } = archive;
  const recording: readonly Fact[] = [
    ['File', archive.file ?? '–'],
    ['Size', bytesText(archive.bytes)],
    ['Length', durationText(archive.seconds)],
    [
      'Disk',
      hoursLeft === null
        ? 'being measured'
        : felt(hoursLeft < 6 ? 'bad' : hoursLeft < 24 ? 'warn' : '', `${hoursText(hoursLeft)} left`),
    ],
  ];
  const mood = archive.state === 'failed' ? 'bad' : archive.state === 'recording' ? 'good' : '';
  return card('Archive', [['State', felt(mood, archive.state)], ...(archive.state === 'off' ? [] : recording)]);
}

export function processCard({ process, links }: MonitorStatus): TemplateResult {
  const link = (url: string): TemplateResult => html`<a href=${url}>${url}</a>`;
  const load = process.uptimeSeconds === 0 ? 0 : (process.cpuSeconds / process.uptimeSeconds) * 100;
  return card('Addresses and process', [
    ['Page', link(links.site)],
    ['HLS', link(links.hls)],
    ['Manifest', link(links.manifest)],
    ['Memory', bytesText(process.rssBytes)],
    ['Processor', `${load.toFixed(1)} % of a core on average`],
  ]);
}

/** The last thing that went wrong; its message says what to do. */
export function errorNote({ lastError }: MonitorStatus): TemplateResult | typeof nothing {
  if (lastError === null) return nothing;
  return html`<p class="error"><strong>Last error</strong> ${clockText(lastError.atMs)}: ${lastError.message}</p>`;
}

/** What is the matter now, and below what was. Announced by screen readers when it changes. */
export function alertPanel({ alerts }: MonitorStatus): TemplateResult {
  return html`
    <div role="alert" class="alerts">
      ${alerts.active.map(
        ({ severity, message, remedy, raisedAtMs }) => html`
          <div class="alert" data-severity=${severity}>
            <strong>${severity === 'critical' ? 'Critical' : 'Warning'}: ${message}</strong>
            <p>${remedy}</p>
            <small>since ${clockText(raisedAtMs)}</small>
          </div>
        `,
      )}
    </div>
  `;
}

export function pastAlerts({ alerts }: MonitorStatus): TemplateResult {
  const past = [...alerts.past].reverse();
  return html`
    <section class="card">
      <h2>Alerts that are over</h2>
      ${
        past.length === 0
          ? html`<p class="soft">None since the start.</p>`
          : html`<ul class="past">${past.map(
              ({ message, raisedAtMs, clearedAtMs = raisedAtMs }) =>
                html`<li><time>${clockText(raisedAtMs)}</time> ${message} <small>for ${durationText((clearedAtMs - raisedAtMs) / 1000)}</small></li>`,
            )}</ul>`
      }
    </section>
  `;
}
