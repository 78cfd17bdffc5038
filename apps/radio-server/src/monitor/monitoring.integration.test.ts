import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, readFile, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { text } from 'node:stream/consumers';
import { fileURLToPath } from 'node:url';
import { promtoolPath, serviceOrSkip } from '@bucket-radio/testing';
import { describe, expect, it, onTestFinished } from 'vitest';
import { FakeDesk } from '../testing/fake-desk.ts';
import { SERIES } from './metrics.ts';
import { createMonitor } from './server.ts';

const directory = fileURLToPath(new URL('../../monitoring/', import.meta.url));

async function promtool(args: readonly string[], input = ''): Promise<string> {
  const child = spawn(promtoolPath() ?? 'promtool', args, { cwd: directory, stdio: ['pipe', 'pipe', 'pipe'] });
  child.stdin.on('error', () => undefined).end(input);
  const [out, problems, [code]] = await Promise.all([text(child.stdout), text(child.stderr), once(child, 'close')]);
  expect(code, out + problems).toBe(0);
  return out + problems;
}

interface Dashboard {
  readonly panels: readonly { readonly title: string; readonly targets: readonly { readonly expr: string }[] }[];
}

async function dashboardExpressions(): Promise<string[]> {
  const { panels } = JSON.parse(await readFile(`${directory}grafana.json`, 'utf8')) as Dashboard;
  return panels.flatMap(({ targets }) => targets.map(({ expr }) => expr.replaceAll('$instance', '.*')));
}

describe('the dashboard and the alert rules', () => {
  it('use every series, and only series that there are', async () => {
    const rules = await readFile(`${directory}alerts.yaml`, 'utf8');
    const used = new Set([rules, ...(await dashboardExpressions())].join('\n').match(/\bradio_\w+/g));
    expect([...used].sort()).toEqual(SERIES.map(({ name }) => name).sort());
  });

  it('stand in the guide, with what is healthy', async () => {
    const guide = await readFile(new URL('../../../../docs/operating.md', import.meta.url), 'utf8');
    for (const { name, healthy } of SERIES) expect(guide).toContain(`| \`${name}\` | ${healthy} |`);
  });
});

describe.skipIf(!serviceOrSkip('promtool').available)('promtool', () => {
  it('accepts the rules and the example configuration, and the rules raise what they should', async () => {
    await promtool(['check', 'rules', 'alerts.yaml']);
    expect(await promtool(['test', 'rules', 'alerts.test.yaml'])).toContain('SUCCESS');
    await promtool(['check', 'config', 'prometheus.yaml']);
  });

  it('accepts every expression of the dashboard', async () => {
    const groups = (await dashboardExpressions()).map((expr, i) => ({ record: `dashboard:panel_${i}`, expr }));
    const file = JSON.stringify({ groups: [{ name: 'dashboard', rules: groups }] });
    const path = join(await mkdtemp(join(tmpdir(), 'dashboard-')), 'rules.yaml');
    onTestFinished(async () => await rm(dirname(path), { recursive: true, force: true }));
    await writeFile(path, file);
    await promtool(['check', 'rules', '--lint=none', path]);
  });

  it('accepts the metrics', async () => {
    const files = async () => await Promise.resolve(new Map());
    const access = { host: '127.0.0.1' };
    const app = createMonitor({ desk: new FakeDesk(), files, access, bucketOrigin: 'http://localhost:9000' });
    const answer = await app.request('http://127.0.0.1:8080/metrics', { headers: { Host: '127.0.0.1:8080' } });
    await promtool(['check', 'metrics'], await answer.text());
  });
});
