import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { chromiumPath, serviceOrSkip } from '../../packages/testing/src/services.ts';
import type { BenchPlan } from './figures.ts';

const MUSIC = '/usr/share/games/wesnoth/1.16/data/core/music';
const SETUP = 'npm run setup:services';
/** Debian's packages of these start a server when they are installed, so nothing here installs them unasked. */
const BY_HAND: Readonly<Record<string, string>> = {
  nginx: 'apt-get install nginx-light',
  icecast2: 'apt-get install icecast2',
  native: 'npm run setup:native',
};

/** What of a plan's needs is not there: a line each, with what brings it. Nothing is missing in an empty list. */
export function missingFor(plans: readonly BenchPlan[], has: (need: string) => boolean = isThere): readonly string[] {
  const needs = new Set(plans.flatMap((plan) => plan.needs));
  return [...needs]
    .filter((need) => !has(need))
    .map((need) => {
      const users = plans.filter((plan) => plan.needs.includes(need)).map(({ name }) => name);
      return `${need}, for ${users.join(', ')}: ${BY_HAND[need] ?? SETUP}`;
    });
}

function isThere(need: string): boolean {
  if (need === 'music') return existsSync(MUSIC);
  if (need === 'native') return serviceOrSkip('native').available;
  if (need === 'chromium') return chromiumPath() !== undefined;
  return spawnSync('sh', ['-c', `PATH="$PATH:/usr/sbin" command -v ${need}`]).status === 0;
}
