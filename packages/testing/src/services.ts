import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, mkdtempSync, rmdirSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { delimiter, dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';

/** What a test may need that is not in the repository. */
export type ServiceName =
  | 's3'
  | 'alsa'
  | 'ffmpeg'
  | 'flac'
  | 'chromium'
  | 'firefox'
  | 'native'
  | 'mpv'
  | 'promtool'
  | 'deno'
  | 'systemd'
  | 'vlc'
  | 'tmpfs';

export interface ServiceStatus {
  readonly available: boolean;
  /** What was found, or what is missing and how to get it. */
  readonly reason: string;
}

const INSTALL = 'install it with: npm run setup:services';

const probes: Readonly<Record<ServiceName, () => ServiceStatus>> = {
  s3: () =>
    needEnvironment(
      ['S3_ENDPOINT', 'S3_ACCESS_KEY', 'S3_SECRET_KEY'],
      'start a server with: scripts/services/ceph-rgw.sh start DIR, and export the lines it prints',
    ),
  alsa: () =>
    both(needBinary(['arecord'], INSTALL), () =>
      needEnvironment(
        ['ALSA_CONFIG_PATH', 'XDG_RUNTIME_DIR'],
        'start a sound card with: scripts/services/fake-soundcard.sh start DIR, and export the lines it prints',
      ),
    ),
  ffmpeg: () => both(needBinary(['ffmpeg'], INSTALL), () => needBinary(['ffprobe'], INSTALL)),
  flac: () => needBinary(['flac'], INSTALL),
  mpv: () => needBinary(['mpv'], INSTALL),
  vlc: () => both(needBinary(['cvlc'], INSTALL), () => needBinary(['setpriv'], 'it is in the package util-linux')),
  promtool: () => {
    const path = promtoolPath();
    return path === undefined
      ? { available: false, reason: `no promtool; ${INSTALL}` }
      : { available: true, reason: path };
  },
  chromium: () => {
    const path = chromiumPath();
    return path === undefined
      ? { available: false, reason: `no Chromium on PATH and CHROMIUM_PATH is not set; ${INSTALL}` }
      : { available: true, reason: path };
  },
  firefox: () => {
    const path = firefoxPath();
    return path === undefined
      ? { available: false, reason: `no Firefox on PATH and FIREFOX_PATH is not set; ${INSTALL}` }
      : { available: true, reason: path };
  },
  native: needNativeEncoders,
  // systemd's tools; python3 plays the part of systemd itself.
  systemd: () =>
    both(needBinary(['systemd-notify'], INSTALL), () =>
      both(needBinary(['systemd-analyze'], INSTALL), () => needBinary(['python3'], INSTALL)),
    ),
  tmpfs: needTmpfs,
  deno: () => {
    const path = denoPath();
    return path === undefined
      ? { available: false, reason: `no deno on PATH and DENO_PATH is not set; ${INSTALL}` }
      : { available: true, reason: path };
  },
};

const known = new Map<ServiceName, ServiceStatus>();

/**
 * Whether a test's service is there, for `describe.skipIf(!serviceOrSkip('s3').available)(…)`.
 * The reason for a skip is printed once per process, as one line that starts with `[skip]`.
 * @throws Error when the service is missing and `REQUIRE_SERVICES=1`: continuous integration skips nothing.
 */
export function serviceOrSkip(name: ServiceName): ServiceStatus {
  const before = known.get(name);
  const status = before ?? probes[name]();
  known.set(name, status);
  if (status.available) return status;
  if (process.env['REQUIRE_SERVICES'] === '1') {
    throw new Error(`REQUIRE_SERVICES=1, but "${name}" is missing: ${status.reason}`);
  }
  if (before === undefined) process.stderr.write(`[skip] ${name}: ${status.reason}\n`);
  return status;
}

/** The absolute path of a program on `PATH`, or `undefined`. */
export function findBinary(name: string): string | undefined {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter)) {
    if (directory === '') continue;
    const path = join(directory, name);
    try {
      accessSync(path, constants.X_OK);
      return path;
    } catch {
      // Not in this directory.
    }
  }
  return undefined;
}

/** The Chromium that browser tests drive: `CHROMIUM_PATH`, else the first known name on `PATH`. */
export function chromiumPath(): string | undefined {
  const chosen = process.env['CHROMIUM_PATH'];
  if (chosen !== undefined && chosen !== '') return chosen;
  for (const name of ['chromium', 'chromium-browser', 'google-chrome-stable', 'google-chrome']) {
    const path = findBinary(name);
    if (path !== undefined) return path;
  }
  return undefined;
}

/** The Firefox that browser tests drive: `FIREFOX_PATH`, else the first known name on `PATH`. */
export function firefoxPath(): string | undefined {
  const chosen = process.env['FIREFOX_PATH'];
  return chosen !== undefined && chosen !== '' ? chosen : (findBinary('firefox-esr') ?? findBinary('firefox'));
}

/** The promtool of the test services, else the first on `PATH`. */
export function promtoolPath(): string | undefined {
  const installed = fileURLToPath(new URL('../../../.services/promtool', import.meta.url));
  return findBinary('promtool') ?? (existsSync(installed) ? installed : undefined);
}

/** The Deno that the listener site is tested on: `DENO_PATH`, else on `PATH`, else where setup:services put it. */
export function denoPath(): string | undefined {
  const chosen = process.env['DENO_PATH'];
  if (chosen !== undefined && chosen !== '') return chosen;
  const installed = fileURLToPath(new URL('../../../.services/deno', import.meta.url));
  return findBinary('deno') ?? (existsSync(installed) ? installed : undefined);
}

function needBinary(names: readonly string[], fix: string): ServiceStatus {
  for (const name of names) {
    const path = findBinary(name);
    if (path !== undefined) return { available: true, reason: path };
  }
  return { available: false, reason: `${names.join(' or ')} is not on PATH; ${fix}` };
}

function needEnvironment(names: readonly string[], fix: string): ServiceStatus {
  const missing = names.filter((name) => (process.env[name] ?? '') === '');
  return missing.length === 0
    ? { available: true, reason: `${names.join(', ')} set` }
    : { available: false, reason: `${missing.join(', ')} not set; ${fix}` };
}

function both(first: ServiceStatus, second: () => ServiceStatus): ServiceStatus {
  return first.available ? second() : first;
}

/** A small disk to fill: only root may mount one, and not in every container. */
function needTmpfs(): ServiceStatus {
  const directory = mkdtempSync(join(tmpdir(), 'tmpfs-probe-'));
  const mounted = spawnSync('mount', ['-t', 'tmpfs', '-o', 'size=64k', 'tmpfs', directory], { stdio: 'ignore' });
  if (mounted.status === 0) spawnSync('umount', [directory], { stdio: 'ignore' });
  rmdirSync(directory);
  return mounted.status === 0
    ? { available: true, reason: 'mount -t tmpfs' }
    : {
        available: false,
        reason: 'a tmpfs cannot be mounted; run the tests as root, in a container with --cap-add SYS_ADMIN',
      };
}

/** The add-ons belong to `packages/encoders`, so they are looked up from there. */
function needNativeEncoders(): ServiceStatus {
  const require = createRequire(new URL('../../encoders/package.json', import.meta.url));
  // An ES module that only `import` may enter; its CommonJS twin loads the same binary, and can be asked synchronously.
  const flacTwin = (name: string): string => join(dirname(require.resolve(`${name}/package.json`)), 'lib', 'index.cjs');
  const entries: readonly (readonly [name: string, entry: (name: string) => string])[] = [
    ['flac-bindings', flacTwin],
    ['@discordjs/opus', (name) => name],
  ];
  for (const [name, entry] of entries) {
    try {
      require(entry(name));
    } catch {
      return { available: false, reason: `${name} is not built; build it with: npm run setup:native` };
    }
  }
  return { available: true, reason: entries.map(([name]) => name).join(' and ') };
}
