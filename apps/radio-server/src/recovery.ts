import { execFile } from 'node:child_process';
import { promisify } from 'node:util';
import type { RecoveredRecording } from '@bucket-radio/archive';
import type { Logger } from './log.ts';

/** MD5 of a FLAC file's PCM as 24-bit samples. Rejects when it does not decode, or without ffmpeg. */
export async function pcmMd5WithFfmpeg(path: string): Promise<Uint8Array> {
  const args = ['-v', 'error', '-xerror', '-i', path, '-map', '0:a', '-c:a', 'pcm_s24le', '-f', 'md5', '-'];
  const { stdout } = await promisify(execFile)('ffmpeg', args);
  const [, hex] = /^MD5=([0-9a-f]{32})$/m.exec(stdout) ?? [];
  if (hex === undefined) throw new Error('ffmpeg printed no MD5');
  return new Uint8Array(Buffer.from(hex, 'hex'));
}

/** One line for what became of a recording that an earlier run did not finish. */
export function logRecovered(log: Logger, result: RecoveredRecording): void {
  switch (result.outcome) {
    case 'repaired': {
      const seconds = (result.durationMs / 1000).toFixed(1);
      const md5 = result.hasMd5 ? '' : '; without MD5: install ffmpeg to have it computed';
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
