import { spawn } from 'node:child_process';

/** What a service manager is told, as `sd_notify(3)` describes it. */
export interface ServiceManager {
  /** The station is on air: units that come after it may start, and the watchdog runs from now on. */
  ready(status: string): void;
  /** The station was told to stop. */
  stopping(): void;
  /** No more heartbeats. */
  close(): void;
}

export interface ServiceManagerOptions {
  /** Read, and cleared of what concerns this process only: its children must not speak for it. */
  readonly env: NodeJS.ProcessEnv;
  readonly pid: number;
  readonly onProblem: (message: string) => void;
}

const NOBODY: ServiceManager = { ready: () => undefined, stopping: () => undefined, close: () => undefined };

/**
 * Speaks to systemd when it started this process with `Type=notify`, and to nobody otherwise. With `WatchdogSec=` a
 * heartbeat follows three times per interval: it stops when the event loop does, and systemd starts the station anew.
 *
 * Node opens no datagram sockets in the file system, so each message is a run of `systemd-notify`, which waits until it
 * was read; the unit says `NotifyAccess=all`, because the message comes from a child.
 */
export function serviceManager({ env, pid, onProblem }: ServiceManagerOptions): ServiceManager {
  const { NOTIFY_SOCKET: socket, WATCHDOG_USEC: interval, WATCHDOG_PID: watched, PATH } = env;
  for (const name of ['NOTIFY_SOCKET', 'WATCHDOG_USEC', 'WATCHDOG_PID']) delete env[name];
  if (socket === undefined || socket === '') return NOBODY;
  let told = false;
  const send = (...message: readonly string[]): void => {
    const child = spawn('systemd-notify', message, {
      stdio: 'ignore',
      env: { NOTIFY_SOCKET: socket, ...(PATH === undefined ? {} : { PATH }) },
    });
    // The last message goes out while this process ends.
    child.unref();
    const failed = (what: string): void => {
      if (!told) onProblem(`systemd was not told ${message[0]}: systemd-notify ${what}`);
      told = true;
    };
    child.once('error', (error: NodeJS.ErrnoException) => failed(`cannot be started (${error.code})`));
    child.once('exit', (code, signal) => {
      if (code !== 0) failed(`ended with ${code ?? signal}`);
    });
  };
  const watchdogMs = watched === undefined || watched === String(pid) ? Number(interval ?? 0) / 1000 : 0;
  let heartbeat: NodeJS.Timeout | undefined;
  return {
    ready(status) {
      send('READY=1', `STATUS=${status}`);
      if (watchdogMs > 0) heartbeat = setInterval(() => send('WATCHDOG=1'), watchdogMs / 3).unref();
    },
    stopping: () => send('STOPPING=1', 'STATUS=Stopping'),
    close: () => clearInterval(heartbeat),
  };
}
