import type { PublisherEvent } from '@bucket-radio/publisher';
import type { Logger } from './log.ts';

/** Says in the log what happens between the station and its bucket. */
export function logPublisherEvent(log: Logger, event: PublisherEvent): void {
  switch (event.type) {
    case 'published': {
      const { index, bytes } = event.segment;
      const kb = (size = 0): string => (size / 1000).toFixed(0);
      const hq = bytes.hq === undefined ? 'hq later' : `hq ${kb(bytes.hq)} kB`;
      log.info(`segment ${index}: ${hq}, lq ${kb(bytes.lq)} kB, published in ${event.putMs.toFixed(0)} ms`);
      break;
    }
    case 'backfilled':
      log.info(`segment ${event.index}: ${event.rendition} arrived late`);
      break;
    case 'failed':
      log.error(`segment ${event.index}: ${messageOf(event.error)}; next try in ${event.retryInMs} ms`);
      break;
    case 'dropped':
      log.error(
        `segment ${event.index}${event.rendition === 'hq' ? ' (hq)' : ''} not published: ${event.why}; the archive has it`,
      );
      break;
    case 'cleanup-failed':
      log.warn(`old segments could not be deleted: ${messageOf(event.error)}`);
      break;
    case 'swept':
      log.info(`${event.objects} objects of earlier runs deleted`);
      break;
    case 'disk-failed':
      log.error(`segments wait in memory only: ${messageOf(event.error)}`);
      break;
    case 'fenced':
      log.error(event.error.message);
      break;
    case 'notice':
      log.warn(event.message);
      break;
    case 'offline':
      log.info(event.latest === undefined ? 'off air' : `off air after segment ${event.latest}`);
      break;
    case 'deleted':
      log.debug(`segment ${event.index} deleted`);
      break;
  }
}

function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
