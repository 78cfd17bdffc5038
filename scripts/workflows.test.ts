import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';
import { publishablePackages, ROOT, readManifest } from './packages/publishable.ts';

interface Step {
  readonly uses?: string;
  readonly run?: string;
  readonly with?: Readonly<Record<string, unknown>>;
}

interface Job {
  readonly 'timeout-minutes'?: number;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly steps: readonly Step[];
}

interface Workflow {
  readonly on: unknown;
  readonly permissions?: Readonly<Record<string, string>>;
  readonly jobs: Readonly<Record<string, Job>>;
}

const DIRECTORY = join(ROOT, '.github', 'workflows');
const names = readdirSync(DIRECTORY);
const text = (name: string): string => readFileSync(join(DIRECTORY, name), 'utf8');
const workflow = (name: string): Workflow => parse(text(name)) as Workflow;

describe.each(names)('%s', (name) => {
  const jobs = Object.entries(workflow(name).jobs);
  const steps = jobs.flatMap(([, job]) => job.steps);

  test('runs actions at a commit, with the version beside it', () => {
    const used = text(name).match(/uses: .*/g) ?? [];
    expect(used.length).toBeGreaterThan(0);
    for (const line of used) expect(line).toMatch(/^uses: [\w-]+\/[\w/-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/);
  });

  test('says what it may do, and that is to read, but for the jobs that release', () => {
    const writes = [workflow(name).permissions, ...jobs.map(([, job]) => job.permissions)].flatMap((permissions) =>
      Object.entries(permissions ?? {}).flatMap(([scope, access]) => (access === 'write' ? [scope] : [])),
    );
    expect(workflow(name).permissions).toBeDefined();
    expect(Object.values(workflow(name).permissions ?? {})).not.toContain('write');
    if (name !== 'release.yml') expect(writes).toEqual([]);
  });

  test('leaves no credential in the checkout, and ends', () => {
    for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
      expect(step.with?.['persist-credentials']).toBe(false);
    for (const [job, { 'timeout-minutes': minutes }] of jobs) expect(`${job} ${minutes}`).toMatch(/ \d+$/);
  });

  test('puts nothing that a stranger writes into a shell', () => {
    for (const { run = '' } of steps) expect(run).not.toMatch(/\$\{\{/);
  });

  test('runs scripts that exist', () => {
    const { scripts = {} } = readManifest(join(ROOT, 'package.json'));
    for (const { run = '' } of steps) {
      for (const [, script = ''] of run.matchAll(/(?:npm run|-- pnpm) (?!with\b|turbo\b)([\w:-]+)/g))
        expect(Object.keys(scripts)).toContain(script);
      for (const [path] of run.matchAll(/(?:\.ci|scripts)\/[\w./-]+/g)) expect(existsSync(join(ROOT, path))).toBe(true);
    }
  });
});

test('only the job that publishes can prove who it is, and no job has a registry token', () => {
  const granted = Object.entries(workflow('release.yml').jobs)
    .filter(([, { permissions }]) => permissions?.['id-token'] === 'write')
    .map(([job]) => job);
  expect(granted).toEqual(['publish']);
  expect(names.map(text).join('\n')).not.toMatch(/NPM_TOKEN|NODE_AUTH_TOKEN|registry-url/);
});

test('a release knows every package by its name', () => {
  const changesets = readdirSync(join(ROOT, '.changeset')).filter((name) => name.endsWith('.md'));
  const known = new Set(publishablePackages().map(({ manifest }) => manifest.name));
  for (const name of changesets) {
    const [, front = ''] = readFileSync(join(ROOT, '.changeset', name), 'utf8').split('---\n');
    for (const [named, bump] of Object.entries(parse(front) as Record<string, string>)) {
      expect([...known]).toContain(named);
      expect(bump).toMatch(/^(major|minor|patch)$/);
    }
  }
  const config = JSON.parse(readFileSync(join(ROOT, '.changeset', 'config.json'), 'utf8')) as { access: string };
  expect(config.access).toBe('public');
});

test('every package that is published has a changeset, or was released before', () => {
  const texts = readdirSync(join(ROOT, '.changeset'))
    .filter((name) => name.endsWith('.md'))
    .map((name) => readFileSync(join(ROOT, '.changeset', name), 'utf8'));
  for (const { directory, manifest } of publishablePackages()) {
    const told = texts.some((text) => text.includes(`"${manifest.name}":`));
    expect(told || existsSync(join(directory, 'CHANGELOG.md')), `${manifest.name}: pnpm changeset`).toBe(true);
  }
});

test('forms for issues ask for what helps', () => {
  const forms = join(ROOT, '.github', 'ISSUE_TEMPLATE');
  for (const name of readdirSync(forms).filter((one) => one !== 'config.yml')) {
    const form = parse(readFileSync(join(forms, name), 'utf8')) as Record<string, unknown>;
    expect(Object.keys(form)).toEqual(expect.arrayContaining(['name', 'description', 'body']));
  }
});
