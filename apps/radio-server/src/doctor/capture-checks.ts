import { access, constants, readdir, readFile } from 'node:fs/promises';
import { type CaptureSource, listDevices, openSource } from '@bucket-radio/capture';
import type { StationConfig } from '../config/settings.ts';
import { type CheckResult, fail, messageOf, ok, warn } from './check.ts';

/** Files of the system that are looked at; tests have their own. */
export interface SystemPaths {
  readonly devSnd: string;
  readonly limits: string;
}

export const SYSTEM_PATHS: SystemPaths = { devSnd: '/dev/snd', limits: '/proc/self/limits' };

/** Sound card, its formats, the right to open it, and whether the recorder may run in real time. */
export async function captureChecks(
  config: StationConfig,
  paths: SystemPaths = SYSTEM_PATHS,
): Promise<readonly CheckResult[]> {
  const source = config.source ?? (config.captureDeviceName === undefined ? 'demo' : 'alsa');
  const live = /^(alsa|pulse|pipewire|ffmpeg-device|failover)\b/.test(source);
  const checks = [await checkSource(source, config)];
  if (source.includes('alsa')) checks.push(await checkSoundPermission(paths.devSnd));
  if (live) checks.push(await checkRealTime(paths.limits));
  return checks;
}

async function checkSource(spec: string, { captureDeviceName, channels }: StationConfig): Promise<CheckResult> {
  let source: CaptureSource;
  try {
    source = await openSource(spec, {
      ...(captureDeviceName === undefined ? {} : { device: captureDeviceName }),
      ...(channels === undefined ? {} : { channels }),
    });
  } catch (error) {
    const { cards } = await listDevices();
    const seen = cards.flatMap(({ name, source: from }) => (from === undefined ? [] : [`${name} (${from})`]));
    const choice =
      seen.length === 0 ? 'plug the interface in; no card that captures is seen' : `use one of: ${seen.join(', ')}`;
    return fail('source', messageOf(error), `${choice}; \`radio devices\` lists all`);
  }
  const { detail, fidelity, bitDepth, kind } = source.info;
  if (kind === 'demo')
    return warn('source', detail, 'name a sound card with RADIO_SOURCE=alsa:hw:CARD=…, see `radio devices`');
  if (fidelity === 'converted') {
    return warn(
      'source',
      `${detail}: converted on its way in`,
      'use alsa:hw:CARD=… for the samples as the converter makes them',
    );
  }
  if (bitDepth < 24)
    return warn('source', `${detail}: ${bitDepth} bits`, "choose the interface's 24-bit mode, if it has one");
  return ok('source', `${detail}, ${fidelity}`);
}

async function checkSoundPermission(devSnd: string): Promise<CheckResult> {
  const name = 'sound permission';
  const nodes = (await readdir(devSnd).catch(() => [])).filter((node) => /^pcm.*c$/.test(node));
  if (nodes.length === 0) return ok(name, `no capture device in ${devSnd}: nothing to be allowed`);
  for (const node of nodes) {
    try {
      await access(`${devSnd}/${node}`, constants.R_OK | constants.W_OK);
    } catch {
      return fail(
        name,
        `this account may not open ${devSnd}/${node}`,
        'sudo usermod -aG audio "$USER", then log in again',
      );
    }
  }
  return ok(name, `${nodes.length} capture devices may be opened`);
}

async function checkRealTime(limits: string): Promise<CheckResult> {
  const name = 'real-time limit';
  const text = await readFile(limits, 'utf8').catch(() => '');
  const soft = /^Max realtime priority\s+(\S+)/m.exec(text)?.[1];
  if (soft === undefined)
    return warn(name, 'the system does not say', 'run the doctor on the Linux machine that captures');
  if (soft !== 'unlimited' && Number(soft) < 1) {
    const line = '@audio - rtprio 95';
    return warn(
      name,
      'the recorder may not run in real time: a busy machine can lose samples',
      `echo '${line}' | sudo tee /etc/security/limits.d/audio.conf, then log in again (systemd: LimitRTPRIO=95)`,
    );
  }
  return ok(name, `real-time priority up to ${soft}`);
}
