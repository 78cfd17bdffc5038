import { spawnSync } from 'node:child_process';
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { serviceOrSkip } from '../packages/testing/src/services.ts';
import { ROOT } from './packages/publishable.ts';

/** Exposure from 0 (none) to 10, as `systemd-analyze security` counts it. */
const MAX_EXPOSURE = 2.5;

describe.skipIf(!serviceOrSkip('systemd').available)('systemd', () => {
  test.each(['bucket-radio.service', 'bucket-radio-site.service'])('takes %s without a remark', (name) => {
    const directory = mkdtempSync(join(tmpdir(), 'units-'));
    try {
      const unit = readFileSync(join(ROOT, 'systemd', name), 'utf8');
      const path = join(directory, name);
      // Where the unit says /usr/bin/node there may be none here.
      writeFileSync(path, unit.replace(/^ExecStart=\/usr\/bin\/node /m, 'ExecStart=/bin/true '));
      const verify = spawnSync('systemd-analyze', ['verify', '--man=no', path], { encoding: 'utf8' });
      expect([verify.status, verify.stdout + verify.stderr]).toEqual([0, '']);
      const security = spawnSync('systemd-analyze', ['security', '--offline=true', path], { encoding: 'utf8' });
      const [, level] = /exposure level for .*: (\d+\.\d+)/.exec(security.stdout) ?? [];
      expect(Number(level)).toBeLessThanOrEqual(MAX_EXPOSURE);
    } finally {
      rmSync(directory, { recursive: true });
    }
  });
});
