import { spawn } from 'node:child_process';
import { once } from 'node:events';

export interface Ended {
  readonly output: string;
  readonly complaints: string;
  readonly seconds: number;
  /** Why it does not count; nothing when it ended with 0. */
  readonly problem?: string;
  /** Whether somebody pressed Ctrl-C meanwhile. */
  readonly interrupted: boolean;
}

const SIGNALS = ['SIGINT', 'SIGTERM'] as const;
/** From being asked to end to being ended. */
const GRACE_MS = 10_000;

/**
 * Runs a program, shows what it prints and keeps it. It gets a process group of its own, so that what it started ends with
 * it: after `limitMs`, or when this process gets a signal.
 * @throws Error when there is no such program
 */
export async function runToEnd(command: string, args: readonly string[], limitMs: number, cwd: string): Promise<Ended> {
  const startMs = performance.now();
  const child = spawn(command, args, { cwd, stdio: ['ignore', 'pipe', 'pipe'], detached: true });
  const end = (signal: NodeJS.Signals): void => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, signal);
    } catch {
      // It has ended.
    }
  };
  const timers: NodeJS.Timeout[] = [];
  const stop = (): void => {
    end('SIGTERM');
    timers.push(setTimeout(() => end('SIGKILL'), GRACE_MS));
  };
  let interrupted = false;
  const interrupt = (): void => {
    interrupted = true;
    stop();
  };
  for (const signal of SIGNALS) process.on(signal, interrupt);
  let late = false;
  timers.push(
    setTimeout(() => {
      late = true;
      stop();
    }, limitMs),
  );
  let output = '';
  let complaints = '';
  child.stdout.setEncoding('utf8').on('data', (data: string) => {
    output += data;
    process.stdout.write(data);
  });
  child.stderr.setEncoding('utf8').on('data', (data: string) => {
    complaints += data;
    process.stderr.write(data);
  });
  let code: number | null;
  try {
    [code] = (await once(child, 'close')) as [number | null];
  } finally {
    for (const timer of timers) clearTimeout(timer);
    for (const signal of SIGNALS) process.off(signal, interrupt);
  }
  const seconds = (performance.now() - startMs) / 1000;
  const ended = { output, complaints, seconds, interrupted };
  if (late) return { ...ended, problem: `it was not done after ${limitMs / 1000} s` };
  return code === 0 ? ended : { ...ended, problem: `it ended with ${code ?? 'a signal'}` };
}
