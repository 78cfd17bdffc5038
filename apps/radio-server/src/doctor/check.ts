/** `warn`: it works, and will not always; `fail`: it does not work. */
export type Verdict = 'ok' | 'warn' | 'fail';

/** One line of `radio doctor`. */
export interface CheckResult {
  readonly verdict: Verdict;
  /** What was looked at: "clock", "bucket". */
  readonly name: string;
  /** What was found; holds no secret. */
  readonly detail: string;
  /** The exact thing to do; always there unless the verdict is `ok`. */
  readonly fix?: string;
}

export function ok(name: string, detail: string): CheckResult {
  return { verdict: 'ok', name, detail };
}

export function warn(name: string, detail: string, fix: string): CheckResult {
  return { verdict: 'warn', name, detail, fix };
}

export function fail(name: string, detail: string, fix: string): CheckResult {
  return { verdict: 'fail', name, detail, fix };
}

const COLOURS: Readonly<Record<Verdict, string>> = { ok: '\u001b[32m', warn: '\u001b[33m', fail: '\u001b[31m' };

/** Two lines for what is not well: what, and what to do. */
export function formatCheck({ verdict, name, detail, fix }: CheckResult, colours: boolean): string {
  const word = verdict.padEnd(4);
  const shown = colours ? `${COLOURS[verdict]}${word}\u001b[0m` : word;
  const line = `${shown}  ${name.padEnd(18)}  ${detail}\n`;
  return fix === undefined ? line : `${line}      ${''.padEnd(18)}  → ${fix}\n`;
}

export function messageOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
