import { readFileSync } from 'node:fs';

/** Clock ticks per second of `/proc/PID/stat` on every Linux this runs on. */
const TICKS_PER_SECOND = 100;

/** CPU seconds of this process and of the children it has waited for, so far. */
export function cpuSeconds(): number {
  const fields = readFileSync('/proc/self/stat', 'utf8')
    .replace(/^.*\) /, '')
    .split(' ');
  // utime, stime, cutime, cstime: fields 14 to 17 of proc(5), counted from the state after the name.
  return fields.slice(11, 15).reduce((sum, ticks) => sum + Number(ticks), 0) / TICKS_PER_SECOND;
}

/** Largest resident set of this process so far, in MB. */
export function peakRssMb(): number {
  return Math.round(process.resourceUsage().maxRSS / 1024);
}
