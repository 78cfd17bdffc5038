import { setFlagsFromString } from 'node:v8';

/** V8's young generation stays at the megabyte it begins with. */
const SMALL_YOUNG_GENERATION = '--semi-space-growth-factor=1';

/**
 * For a command that only moves bytes. V8 keeps its young generation at a megabyte instead of letting it grow to
 * thirty-two, collects rather than grows, and leaves out its optimising compilers, whose own memory is more than the time
 * that they would save here. All are read while the program runs, so they work from here. What it saves:
 * docs/decisions/0012-memory-of-an-upload.md.
 */
export function keepHeapSmall(): void {
  for (const flag of [SMALL_YOUNG_GENERATION, '--optimize-for-size', '--no-opt', '--no-maglev']) {
    setFlagsFromString(flag);
  }
}

/**
 * For the station. What it makes for each block of sound lives for 40 ms or for a segment, never in between: a young
 * generation of one megabyte collects it as well as one of thirty-two. See docs/decisions/0018-what-the-pipeline-costs.md.
 */
export function keepYoungGenerationSmall(): void {
  setFlagsFromString(SMALL_YOUNG_GENERATION);
}
