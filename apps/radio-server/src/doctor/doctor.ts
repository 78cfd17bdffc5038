import type { StationConfig } from '../config/settings.ts';
import { bucketChecks } from './bucket-checks.ts';
import { captureChecks } from './capture-checks.ts';
import { type CheckResult, messageOf } from './check.ts';
import { machineChecks } from './machine-checks.ts';

/** Everything a station needs, one area after the other; what cannot be looked at is a failure, never an exception. */
export async function* examine(config: StationConfig): AsyncGenerator<CheckResult> {
  for (const area of [captureChecks, machineChecks, bucketChecks]) {
    try {
      yield* await area(config);
    } catch (error) {
      const name = area.name.replace('Checks', '');
      yield {
        verdict: 'fail',
        name,
        detail: messageOf(error),
        fix: 'run the doctor again; if it stays, report this line',
      };
    }
  }
}
