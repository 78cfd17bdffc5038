import type { RenditionName } from '@bucket-radio/pcm';
import type { Manifest, ManifestMissing } from './types.ts';

/** Whether the manifest says that segment `index` is not in the bucket as `rendition`. */
export function isMissing({ missing }: Pick<Manifest, 'missing'>, rendition: RenditionName, index: number): boolean {
  return missing.some(
    (run) => run.rendition === rendition && index >= run.index && index < run.index + (run.count ?? 1),
  );
}

/** Runs of consecutive indices, oldest first. @param indices in ascending order */
export function missingRuns(rendition: RenditionName, indices: Iterable<number>): ManifestMissing[] {
  const runs: { index: number; count: number }[] = [];
  for (const index of indices) {
    const last = runs.at(-1);
    if (last !== undefined && last.index + last.count === index) last.count += 1;
    else runs.push({ index, count: 1 });
  }
  return runs.map(({ index, count }) => ({ rendition, index, ...(count > 1 ? { count } : {}) }));
}
