import type { Command } from 'commander';
import type { StationConfig } from '../config/settings.ts';
import { secretsOf } from '../config/settings.ts';
import { type CheckResult, formatCheck } from '../doctor/check.ts';
import { examine } from '../doctor/doctor.ts';
import { createScrubber } from '../log.ts';

/** `radio doctor`: looks at everything a station needs, and says what to do. Exit code 1 when something fails. */
export function addDoctorCommand(program: Command, readConfig: () => StationConfig): void {
  program
    .command('doctor')
    .description('look at everything a station needs: sound card, disk, clock, bucket, line; say what to do')
    .option('--json', 'one JSON document')
    .action(async ({ json }: { readonly json?: true }) => {
      const config = readConfig();
      const clean = createScrubber(secretsOf(config));
      const results: CheckResult[] = [];
      for await (const result of examine(config)) {
        results.push(result);
        if (json !== true) process.stdout.write(clean(formatCheck(result, process.stdout.isTTY)));
      }
      const count = (verdict: CheckResult['verdict']): number =>
        results.filter((each) => each.verdict === verdict).length;
      const summary = { ok: count('ok'), warn: count('warn'), fail: count('fail') };
      if (json === true) process.stdout.write(clean(`${JSON.stringify({ ...summary, checks: results })}\n`));
      else process.stdout.write(`${summary.ok} ok, ${summary.warn} warn, ${summary.fail} fail\n`);
      if (summary.fail > 0) process.exitCode = 1;
    });
}
