// Loaded before a program (`node --import`): writes its peak memory, VmHWM in MiB, to the file that PEAK_FILE names.
import { readFileSync, writeFileSync } from 'node:fs';

process.on('exit', () => {
  const [, kilobytes] = /VmHWM:\s+(\d+) kB/.exec(readFileSync('/proc/self/status', 'utf8')) ?? [];
  writeFileSync(process.env['PEAK_FILE'] ?? '/dev/null', String(Math.round(Number(kilobytes) / 1024)));
});
