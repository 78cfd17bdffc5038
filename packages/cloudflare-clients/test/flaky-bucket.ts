import type { R2Bucket } from '@cloudflare/workers-types';

/** R2's own words for what passes by itself. */
export const INTERNAL_ERROR = 'put: We encountered an internal error. Please try again. (10001)';

export interface FlakyBucket {
  readonly bucket: R2Bucket;
  /** Every call made so far, by method name; those on uploads begin with `upload.`. */
  readonly calls: string[];
}

/** How a call to `method` fails: before it is carried out, or after it, with its answer lost. */
export interface Fault {
  readonly method: string;
  readonly message?: string;
  readonly after?: boolean;
}

/** A real bucket whose next calls fail as scripted, each fault once and in order. */
export function flakyBucket(real: R2Bucket, faults: readonly Fault[]): FlakyBucket {
  const left = [...faults];
  const calls: string[] = [];

  const around = (name: string, call: (...args: unknown[]) => unknown): ((...args: unknown[]) => Promise<unknown>) => {
    return async (...args) => {
      calls.push(name);
      const at = left.findIndex(({ method }) => method === name);
      const [fault] = at === -1 ? [] : left.splice(at, 1);
      if (fault === undefined || fault.after) {
        const result = await call(...args);
        if (fault === undefined) return name === 'createMultipartUpload' ? wrap(result as object, 'upload.') : result;
      }
      throw new Error(fault.message ?? INTERNAL_ERROR);
    };
  };
  const wrap = <Target extends object>(target: Target, prefix: string): Target =>
    new Proxy(target, {
      get(object, name) {
        const member: unknown = Reflect.get(object, name);
        if (typeof member !== 'function' || typeof name !== 'string') return member;
        // The one method that is not asynchronous.
        if (name === 'resumeMultipartUpload')
          return (...args: unknown[]) => wrap(member.apply(object, args), 'upload.');
        return around(`${prefix}${name}`, member.bind(object));
      },
    });
  return { bucket: wrap(real, ''), calls };
}
