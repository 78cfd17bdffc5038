import type { KVNamespace, R2Bucket } from '@cloudflare/workers-types';

/** What a worker under test is bound to. */
export interface Bindings {
  readonly BUCKET: R2Bucket;
  readonly KV: KVNamespace;
}

export interface WorkerCase {
  readonly title: string;
  readonly run: (env: Bindings) => Promise<void>;
}

/** What a case came to, as JSON. */
export interface CaseResult {
  readonly failure?: string;
}

/** A Worker's handler that tells its cases, and runs the one it is asked for in the runtime it is in. */
export function serveCases(cases: readonly WorkerCase[]): {
  fetch(request: Request, env: Bindings): Promise<Response>;
} {
  return {
    async fetch(request, env) {
      const title = new URL(request.url).searchParams.get('title');
      if (title === null) return Response.json(cases.map((one) => one.title));
      const found = cases.find((one) => one.title === title);
      if (found === undefined) return Response.json({ failure: `no such case: ${title}` } satisfies CaseResult);
      return Response.json(await resultOf(found, env));
    },
  };
}

async function resultOf(one: WorkerCase, env: Bindings): Promise<CaseResult> {
  try {
    await one.run(env);
    return {};
  } catch (error) {
    return { failure: error instanceof Error ? `${error.message}\n${error.stack}` : String(error) };
  }
}

/** The few assertions that the cases use: a runner's own do not run in a Worker. */
export function expect(actual: unknown): {
  toBe(expected: unknown): void;
  toEqual(expected: unknown): void;
  toContain(part: string): void;
} {
  const fail = (relation: string, expected: unknown): never => {
    throw new Error(`${shown(actual)} ${relation} ${shown(expected)}`);
  };
  return {
    toBe: (expected) => void (Object.is(actual, expected) || fail('is not', expected)),
    toEqual: (expected) => void (isEqual(actual, expected) || fail('does not equal', expected)),
    toContain: (part) => void (String(actual).includes(part) || fail('does not contain', part)),
  };
}

function isEqual(a: unknown, b: unknown): boolean {
  if (Object.is(a, b)) return true;
  if (typeof a !== 'object' || typeof b !== 'object' || a === null || b === null) return false;
  if (a instanceof Date && b instanceof Date) return a.getTime() === b.getTime();
  if (Array.isArray(a) !== Array.isArray(b) || ArrayBuffer.isView(a) !== ArrayBuffer.isView(b)) return false;
  const [left, right] = [definedEntries(a), definedEntries(b)];
  return (
    left.size === right.size && [...left].every(([key, value]) => right.has(key) && isEqual(value, right.get(key)))
  );
}

/** Runners' `toEqual` passes over properties that are `undefined`; so does this one. */
function definedEntries(value: object): Map<string, unknown> {
  return new Map(Object.entries(value).filter(([, one]) => one !== undefined));
}

function shown(value: unknown): string {
  const text = typeof value === 'string' ? JSON.stringify(value) : (JSON.stringify(value) ?? String(value));
  return text.length > 500 ? `${text.slice(0, 500)}…` : text;
}

/** The error that `call` fails with. */
export async function failureOf(call: Promise<unknown>): Promise<Error & { readonly code?: unknown }> {
  try {
    await call;
  } catch (error) {
    if (error instanceof Error) return error;
    throw new Error(`failed with something that is no error: ${String(error)}`);
  }
  throw new Error('it succeeded');
}
