import { spawnSync } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { describe, expect, test } from 'vitest';
import { parse } from 'yaml';

const read = (path: string): string => readFileSync(new URL(`../${path}`, import.meta.url), 'utf8');

interface Service {
  readonly image?: string;
  readonly depends_on?: object;
  readonly profiles?: readonly string[];
  readonly volumes?: readonly string[];
  readonly devices?: readonly string[];
  readonly device_cgroup_rules?: readonly string[];
  readonly stop_grace_period?: string;
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly build?: { readonly dockerfile: string };
}

const compose = parse(read('docker/compose.yaml')) as { readonly services: Readonly<Record<string, Service>> };
const { radio, client, minio, 'minio-setup': setup } = compose.services;

/** The instructions of a Dockerfile, continuation lines joined, comments gone. */
function instructions(path: string): { readonly name: string; readonly value: string }[] {
  const text = read(path)
    .replace(/^\s*#.*\n/gm, '')
    .replace(/\\\n/g, ' ');
  return text
    .split('\n')
    .filter((line) => line.trim() !== '')
    .map((line) => ({ name: line.split(' ', 1)[0] ?? '', value: line.slice(line.indexOf(' ') + 1).trim() }));
}

describe.each(['docker/radio-server.Dockerfile', 'docker/radio-client.Dockerfile'])('%s', (path) => {
  const all = instructions(path);
  const stages = all.flatMap(({ name }, at) => (name === 'FROM' ? [at] : []));
  const final = all.slice(stages.at(-1));
  const lastOf = (name: string) => final.filter((one) => one.name === name).at(-1)?.value;

  test('leaves the compilers in a stage of their own, and runs as an ordinary user', () => {
    expect(stages.length).toBe(2);
    expect(lastOf('USER')).toBe('node');
    expect(
      final
        .filter(({ name }) => name === 'RUN')
        .map(({ value }) => value)
        .join(),
    ).not.toMatch(/g\+\+|cmake|pnpm/);
  });

  test('starts an init that passes signals on, in exec form', () => {
    expect(JSON.parse(lastOf('ENTRYPOINT') ?? '')).toEqual([
      'tini',
      '--',
      'node',
      expect.stringMatching(/\/dist\/main\.js$/),
    ]);
    const command = lastOf('CMD');
    if (command !== undefined) expect(JSON.parse(command)).toEqual(['start']);
  });

  test('says whether it is well', () => {
    expect(lastOf('HEALTHCHECK')).toContain('/healthz');
    expect(lastOf('HEALTHCHECK')).toMatch(/CMD \["node", "-e", /);
  });

  test('holds no secret', () => {
    const settings = all.filter(({ name }) => name === 'ARG' || name === 'ENV').map(({ value }) => value);
    expect(settings.join()).not.toMatch(/key|secret|token|password/i);
  });

  test('carries the licences of what it runs with', () => {
    expect(all.some(({ value }) => /node scripts\/third-party-notices\.ts \/(station|site)$/.test(value))).toBe(true);
  });

  test('uses the pnpm of the workspace', () => {
    const { packageManager } = JSON.parse(read('package.json')) as { packageManager: string };
    expect(all.some(({ value }) => value.includes(`npm install --global ${packageManager}`))).toBe(true);
  });
});

describe('compose.yaml', () => {
  test('`up radio` starts the station alone: it waits for nothing but its bucket', () => {
    expect(radio?.depends_on).toBeUndefined();
    expect(client?.depends_on).toBeUndefined();
  });

  test('the station has the time it needs to stop', () => {
    expect(radio?.stop_grace_period).toBe('30s');
  });

  test('every variable of the station is one that it knows, and keys come from outside', () => {
    const settings = read('apps/radio-server/src/config/settings.ts');
    for (const name of Object.keys(radio?.environment ?? {})) expect(settings).toContain(`'${name}'`);
    for (const [name, value] of Object.entries(radio?.environment ?? {}))
      expect(value).toMatch(new RegExp(`^\\$\\{${name}:?-`));
  });

  test('the station comes up without a sound card, and with one may use it', () => {
    expect(radio?.volumes).toContain('/dev/snd:/dev/snd');
    expect(radio?.device_cgroup_rules).toEqual(['c 116:* rmw']);
    expect(radio?.devices).toBeUndefined();
  });

  test('two servers that live stand beside MinIO, and start only when asked for', () => {
    const others = Object.entries(compose.services).filter(([, { profiles }]) => profiles !== undefined);
    expect(new Set(others.flatMap(([, { profiles = [] }]) => profiles))).toEqual(new Set(['rustfs', 'seaweedfs']));
    for (const [name, { profiles }] of others) expect(profiles).toEqual([name.replace('-setup', '')]);
    expect([radio, client, minio, setup].map((service) => service?.profiles)).toEqual(Array(4).fill(undefined));
  });

  test('nothing is open to the network, and images have a version', () => {
    for (const { ports = [] } of Object.values(compose.services)) {
      for (const port of ports) expect(port).toMatch(/^127\.0\.0\.1:/);
    }
    for (const { image = ':1.0' } of Object.values(compose.services))
      expect(image).toMatch(/:(RELEASE\.\d{4}-|\d+\.\d+)/);
  });

  test('its Dockerfiles are there', () => {
    for (const service of [radio, client]) expect(read(service?.build?.dockerfile ?? '')).toContain('FROM node:24');
  });
});

test('a file of secrets cannot be committed, nor get into an image', () => {
  const root = new URL('..', import.meta.url);
  const { status } = spawnSync('git', ['check-ignore', '--quiet', '.env.prod'], { cwd: root });
  expect(status).toBe(0);
  expect(read('.dockerignore')).toMatch(/^\.env\.\*$/m);
});

test('.env.example can be read by a shell, and means there what it means to compose', () => {
  const root = new URL('..', import.meta.url);
  const script = 'set -e; set -a; . ./.env.example; printf %s "$RADIO_STATION"';
  const { status, stdout, stderr } = spawnSync('sh', ['-c', script], { cwd: root, encoding: 'utf8' });
  expect([status, stderr, stdout]).toEqual([0, '', 'My Radio']);
});

test('.env.example names what the station knows, and holds no key', () => {
  const settings = read('apps/radio-server/src/config/settings.ts');
  for (const line of read('.env.example')
    .split('\n')
    .filter((one) => /^\w/.test(one))) {
    const [name = '', value = ''] = line.split('=');
    expect(settings).toContain(`'${name}'`);
    if (/KEY/.test(name)) expect(value).toBe('');
  }
});

test('the units stop in time, and the station may use real-time priority', () => {
  const unit = read('systemd/bucket-radio.service');
  expect(unit).toMatch(/^TimeoutStopSec=30$/m);
  expect(unit).toMatch(/^EnvironmentFile=\/etc\/radio-server\/secrets\.env$/m);
  expect(unit).toMatch(/^LimitRTPRIO=/m);
  expect(unit).toMatch(/^NoNewPrivileges=true$/m);
});

test('systemd watches the station, and takes its word from the child that brings it', () => {
  const unit = read('systemd/bucket-radio.service');
  expect(unit).toMatch(/^Type=notify$/m);
  expect(unit).toMatch(/^NotifyAccess=all$/m);
  expect(unit).toMatch(/^WatchdogSec=60$/m);
  expect(unit).toMatch(/^Restart=always$/m);
});
