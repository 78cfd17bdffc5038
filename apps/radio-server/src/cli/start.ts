import { type StationConfig, secretsOf } from '../config/settings.ts';
import { monitorUrl, stationLinks } from '../links.ts';
import { createLogger } from '../log.ts';
import { LogTail } from '../log-tail.ts';
import { serviceManager } from '../service-manager.ts';
import { type Station, startStation } from '../station.ts';
import { startStopDeadline } from '../stop-tasks.ts';
import { keepYoungGenerationSmall } from './small-heap.ts';

/**
 * Runs a station until its source ends or the process is told to stop: SIGINT, SIGTERM, SIGHUP, or the end of the
 * process that started it. A second SIGINT or SIGTERM ends it at once, whatever is unfinished; one before the station
 * is on air does too, for there is nothing to finish. A stop that takes longer than 25 s is cut, with the name of what hung.
 */
export async function start(config: StationConfig): Promise<void> {
  keepYoungGenerationSmall();
  const tail = new LogTail();
  const log = createLogger(config.logLevel, { secrets: secretsOf(config), tail });
  const manager = serviceManager({ env: process.env, pid: process.pid, onProblem: (message) => log.warn(message) });
  const stopping = new AbortController();
  let station: Station | undefined;
  const stop = (why: string): void => {
    if (stopping.signal.aborted) {
      log.fatal(`${why} again: ended without finishing`);
      process.exit(1);
    }
    log.info(`stopping: ${why}`);
    stopping.abort();
    manager.stopping();
    if (station === undefined) process.exit(0);
    const running = station;
    startStopDeadline({ log, unfinished: () => running.unfinished, exit: (code) => process.exit(code) });
  };
  for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP']) process.on(signal, stop);
  process.once('disconnect', () => {
    if (!stopping.signal.aborted) stop('the launcher is gone');
  });
  process.send?.({ type: 'site', env: siteEnvironment(config) });
  try {
    station = await startStation(config, log, stopping.signal, tail);
    const { site } = stationLinks(config);
    log.info(`on air: listen at ${site}, watch at ${monitorUrl(config)}, station pid ${process.pid}`);
    process.send?.({ type: 'on-air' });
    manager.ready(`On air: ${config.station}`);
    await station.ended;
  } catch (error) {
    // Told to stop before it was on air, in standby for example: there is nothing to end.
    if (!stopping.signal.aborted || !isAbort(error)) throw error;
  } finally {
    manager.close();
    // The channel to the launcher would keep the process alive.
    if (process.connected) process.disconnect();
  }
}

/** What the listener site beside this station needs to know, whichever way the station was told. */
function siteEnvironment(config: StationConfig): Record<string, string> {
  return {
    PORT: String(config.sitePort),
    RADIO_HOST: config.host,
    RADIO_ORIGIN_PORT: String(config.originPort),
    RADIO_PREFIX: config.prefix,
    RADIO_STATION: config.station,
    ...(config.r2PublicUrl === undefined ? {} : { R2_PUBLIC_URL: config.r2PublicUrl }),
  };
}

function isAbort(error: unknown): boolean {
  return error instanceof Error && (error.name === 'AbortError' || ('code' in error && error.code === 'Aborted'));
}
