/** Per file: the end of the last piece of work that was queued for it. Shared by all stores of this process. */
const tails = new Map<string, Promise<unknown>>();

/** Runs `work` after all earlier work on the same path, so that a check and the change after it are one step. */
export async function exclusively<Result>(path: string, work: () => Promise<Result>): Promise<Result> {
  const run = (tails.get(path) ?? Promise.resolve()).then(work);
  const tail = run.catch(() => {});
  tails.set(path, tail);
  try {
    return await run;
  } finally {
    if (tails.get(path) === tail) tails.delete(path);
  }
}
