import { setFlagsFromString } from 'node:v8';

/**
 * For a command that only moves bytes: V8 keeps its young generation at a megabyte instead of letting it grow to
 * sixteen, and collects rather than grows. Both flags are read whenever the heap would grow, so they work from here;
 * with them an upload of any size stays under 100 MB (docs/decisions, docs/measurements/upload-memory.json).
 */
export function keepHeapSmall(): void {
  setFlagsFromString('--semi-space-growth-factor=1');
  setFlagsFromString('--optimize-for-size');
}
