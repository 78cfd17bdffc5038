import { setFlagsFromString } from 'node:v8';

/**
 * For a command that only moves bytes. V8 keeps its young generation at a megabyte instead of letting it grow to
 * thirty-two, collects rather than grows, and leaves out its optimising compilers, whose own memory is more than the time
 * that they would save here. All are read while the program runs, so they work from here. What it saves:
 * docs/decisions/0012-memory-of-an-upload.md.
 */
export function keepHeapSmall(): void {
  for (const flag of ['--semi-space-growth-factor=1', '--optimize-for-size', '--no-opt', '--no-maglev']) {
    setFlagsFromString(flag);
  }
}
