import type { RecoveredRecording } from '@bucket-radio/archive';
import type { Logger } from './log.ts';

/** One line for what became of a recording that an earlier run did not finish. */
export function logRecovered(log: Logger, result: RecoveredRecording): void {
  switch (result.outcome) {
    case 'repaired': {
      const seconds = (result.durationMs / 1000).toFixed(1);
      const md5 = result.hasMd5 ? '' : '; it does not decode, so it has no MD5';
      log.warn(
        `repaired ${result.path}: ${seconds} s of an interrupted recording, about ${result.lostMs} ms lost${md5}`,
      );
      break;
    }
    case 'empty':
      log.info(`removed ${result.path}: an interrupted recording without a whole frame`);
      break;
    case 'in-use':
      log.warn(`${result.path} is being written by process ${result.pid}; is another station running here?`);
      break;
    case 'unreadable':
      log.error(`${result.path} could not be repaired: ${result.reason}. It is kept as it is`);
      break;
  }
}
