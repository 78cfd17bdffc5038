import { constants } from 'node:fs';
import { access, mkdir, open, readFile, rm, stat, statfs } from 'node:fs/promises';
import { delimiter, dirname, join, resolve } from 'node:path';
import { type AskTool, readNtpState } from '@bucket-radio/capture';
import { detectBackends } from '@bucket-radio/encoders';
import { ulid } from 'ulid';
import type { StationConfig } from '../config/settings.ts';
import { type CheckResult, fail, messageOf, ok, warn } from './check.ts';

/** What `hq` takes of a disk: 24-bit stereo at 48 kHz, of which FLAC leaves 0.7 on music. */
const ARCHIVE_BYTES_PER_HOUR = 288_000 * 3600 * 0.7;
const PROBE_BYTES = 16 * 1024 * 1024;
/** An archive and a spool write about 0.4 MB a second. */
const SLOW_BYTES_PER_SECOND = 5e6;
const TOO_SLOW_BYTES_PER_SECOND = 1e6;
const FEW_HOURS = 24;
const TOO_FEW_HOURS = 2;
/** Files that people keep credentials in. */
const SECRET_FILES = ['.env', '.env.prod', 'radio.config.json', 'radio.config.yaml'];

/** Disks, clock, programs. @param ask runs a program; tests script it */
export async function machineChecks(config: StationConfig, ask?: AskTool): Promise<readonly CheckResult[]> {
  return [
    ...(config.archive === 'off'
      ? []
      : [await checkDisk('recordings disk', config.recordingsDir, 'RADIO_RECORDINGS_DIR')]),
    await checkDisk('data disk', config.dataDir, 'RADIO_DATA_DIR'),
    await checkClockSync(ask),
    ...(await checkTools(config)),
    await checkEncoders(),
    ...(await checkSecretFiles()),
  ];
}

async function checkDisk(name: string, directory: string, variable: string): Promise<CheckResult> {
  const path = resolve(directory);
  try {
    await mkdir(path, { recursive: true });
    await access(path, constants.W_OK);
  } catch (error) {
    return fail(
      name,
      messageOf(error),
      `sudo chown "$USER" ${await nearest(path)}, or set ${variable} to a directory of yours`,
    );
  }
  const { bavail, bsize } = await statfs(path);
  const hours = (bavail * bsize) / ARCHIVE_BYTES_PER_HOUR;
  const room = `${((bavail * bsize) / 1e9).toFixed(1)} GB free, ${hours.toFixed(0)} hours of recording`;
  const speed = await diskSpeed(path).catch((error: unknown) => messageOf(error));
  if (typeof speed === 'string')
    return fail(name, speed, `free space on the disk of ${path}, or set ${variable} to another`);
  const detail = `${path}: ${room}, writes ${(speed / 1e6).toFixed(0)} MB/s`;
  const move = `move old files away, or set ${variable} to a larger disk`;
  if (hours < TOO_FEW_HOURS) return fail(name, detail, move);
  const faster = `use another disk (${variable}): an SD card or network share this slow loses recordings`;
  if (speed < TOO_SLOW_BYTES_PER_SECOND) return fail(name, detail, faster);
  if (hours < FEW_HOURS) return warn(name, detail, move);
  return speed < SLOW_BYTES_PER_SECOND ? warn(name, detail, faster) : ok(name, detail);
}

/** Bytes a second that reach the disk itself. */
async function diskSpeed(directory: string): Promise<number> {
  const path = join(directory, `.doctor-${ulid()}`);
  const file = await open(path, 'wx', 0o600);
  try {
    const startedMs = performance.now();
    await file.writeFile(Buffer.alloc(PROBE_BYTES, 1));
    await file.datasync();
    return PROBE_BYTES / Math.max(0.001, (performance.now() - startedMs) / 1000);
  } finally {
    await file.close();
    await rm(path, { force: true });
  }
}

/** The lowest directory of the path that exists. */
async function nearest(path: string): Promise<string> {
  const exists = await stat(path).then(
    () => true,
    () => false,
  );
  return exists || dirname(path) === path ? path : await nearest(dirname(path));
}

async function checkClockSync(ask?: AskTool): Promise<CheckResult> {
  const name = 'clock sync';
  const { synchronized, source } = await readNtpState(ask);
  if (synchronized === true) return ok(name, `synchronised (${source})`);
  if (synchronized === false) {
    return fail(
      name,
      `not synchronised (${source}): at five minutes off, every request to the bucket is refused with 403`,
      'sudo timedatectl set-ntp true; then see timedatectl show-timesync --all, or chronyc tracking',
    );
  }
  return warn(
    name,
    'neither timedatectl nor chronyc can say whether the clock is kept',
    'sudo apt install systemd-timesyncd, then sudo timedatectl set-ntp true (in a container: on the host)',
  );
}

async function checkTools({ source = '', archive }: StationConfig): Promise<CheckResult[]> {
  const wanted = [
    { tool: 'arecord', needed: source.includes('alsa'), why: 'captures sound cards', from: 'alsa-utils' },
    { tool: 'ffmpeg', needed: source.includes('ffmpeg'), why: 'reads files and streams', from: 'ffmpeg' },
    {
      tool: 'flac',
      needed: false,
      why: `verifies recordings${archive === 'off' ? '' : ' (`radio archive verify`)'}`,
      from: 'flac',
    },
  ];
  return await Promise.all(
    wanted.map(async ({ tool, needed, why, from }) => {
      const path = await findTool(tool);
      if (path !== undefined) return ok(tool, path);
      const fix = `sudo apt install ${from}`;
      return needed ? fail(tool, `not installed; it ${why}`, fix) : warn(tool, `not installed; it ${why}`, fix);
    }),
  );
}

async function findTool(tool: string): Promise<string | undefined> {
  for (const directory of (process.env['PATH'] ?? '').split(delimiter).filter(Boolean)) {
    const path = join(directory, tool);
    const found = await access(path, constants.X_OK).then(
      () => true,
      () => false,
    );
    if (found) return path;
  }
  return undefined;
}

async function checkEncoders(): Promise<CheckResult> {
  const { flac, opus } = await detectBackends();
  const detail = `FLAC ${flac}, Opus ${opus}`;
  if (flac === 'native' && opus === 'native') return ok('encoders', detail);
  return warn('encoders', `${detail}: WebAssembly is exact and takes more of the processor`, 'npm run setup:native');
}

async function checkSecretFiles(): Promise<CheckResult[]> {
  const checks = SECRET_FILES.map(async (file): Promise<CheckResult | undefined> => {
    const mode = await stat(file).then(
      (found) => found.mode,
      () => undefined,
    );
    if (mode === undefined) return undefined;
    const text = await readFile(file, 'utf8').catch(() => '');
    if (!/SECRET|TOKEN|ACCESS_?KEY/i.test(text)) return undefined;
    if ((mode & 0o077) === 0) return ok('secrets', `${file} is readable by this account only`);
    return warn('secrets', `${file} holds credentials that other accounts can read`, `chmod 600 ${file}`);
  });
  return (await Promise.all(checks)).filter((check) => check !== undefined);
}
