import { readFileSync } from 'node:fs';

/**
 * Whether a process was stopped (`SIGSTOP`, a debugger, a container being frozen). Its silence then says nothing about its
 * device, and what it has not read yet waits for it. `false` where the system does not say.
 */
export function isStopped(pid: number | undefined): boolean {
  if (pid === undefined) return false;
  try {
    const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
    // The name in parentheses may contain anything; the state is the letter after the last one.
    return /^[Tt]$/.test(stat.slice(stat.lastIndexOf(')') + 2).charAt(0));
  } catch {
    return false;
  }
}
