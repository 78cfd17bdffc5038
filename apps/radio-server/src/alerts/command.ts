import { spawn } from 'node:child_process';
import { once } from 'node:events';
import type { Alert } from './alert.ts';

export interface CommandOptions {
  /** Program and arguments; no shell sees them. */
  readonly command: readonly string[];
  readonly station: string;
  readonly timeoutMs?: number;
}

/** A command that did not do what it was asked. */
export class CommandError extends Error {
  override readonly name = 'CommandError';
}

const TIMEOUT_MS = 30_000;
/** What a program needs of ours; credentials are not among it. */
const PASSED_ON = ['PATH', 'HOME', 'LANG', 'TZ', 'XDG_RUNTIME_DIR', 'DBUS_SESSION_BUS_ADDRESS', 'DISPLAY'] as const;

/**
 * Runs the command for one alert: the alert is JSON on its standard input, and in `RADIO_ALERT_*` variables.
 * @throws CommandError when it cannot be started, fails, or is not over in time
 */
export async function runAlertCommand(alert: Alert, options: CommandOptions): Promise<void> {
  const { station, timeoutMs = TIMEOUT_MS } = options;
  const [program = '', ...args] = options.command;
  // A timeout of spawn's own would keep the process alive when the program cannot be started.
  const timeout = AbortSignal.timeout(timeoutMs);
  const child = spawn(program, args, {
    stdio: ['pipe', 'ignore', 'ignore'],
    env: { ...passedOn(), ...alertVariables(alert, station) },
    signal: timeout,
    killSignal: 'SIGKILL',
  });
  child.stdin.on('error', () => undefined).end(`${JSON.stringify({ station, ...alert })}\n`);
  const [code, signal] = await ended(child, program).catch((error: unknown) => {
    throw timeout.aborted ? new CommandError(`${program} was not over within ${timeoutMs / 1000} s`) : error;
  });
  if (code !== 0) throw new CommandError(`${program} ended with ${code ?? signal}`);
}

async function ended(child: ReturnType<typeof spawn>, program: string): Promise<[number | null, string | null]> {
  try {
    return (await once(child, 'exit')) as [number | null, string | null];
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? String(error.code) : 'unknown';
    throw new CommandError(`${program} cannot be started (${code})`);
  }
}

function passedOn(): NodeJS.ProcessEnv {
  return Object.fromEntries(PASSED_ON.map((name) => [name, process.env[name]]));
}

function alertVariables(alert: Alert, station: string): NodeJS.ProcessEnv {
  return {
    RADIO_ALERT_STATION: station,
    RADIO_ALERT_KIND: alert.kind,
    RADIO_ALERT_STATE: alert.state,
    RADIO_ALERT_SEVERITY: alert.severity,
    RADIO_ALERT_MESSAGE: alert.message,
    RADIO_ALERT_REMEDY: alert.remedy,
  };
}
