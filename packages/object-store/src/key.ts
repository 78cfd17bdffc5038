import { ObjectStoreError } from './error.ts';

/** Most UTF-8 bytes in a key: the limit of S3 and R2. */
export const MAX_KEY_BYTES = 1024;

const encoder = new TextEncoder();

/**
 * Checks a key against the rules that all stores share, so that a key accepted by one is accepted by all.
 * @throws ObjectStoreError `InvalidPath`, saying which rule is broken and what to do.
 */
export function validateKey(key: string): void {
  const problem = keyProblem(key);
  if (problem !== undefined) throw new ObjectStoreError('InvalidPath', `key ${quoteKey(key)} ${problem}`, { key });
}

/** Whether {@link validateKey} accepts `key`. */
export function isValidKey(key: string): boolean {
  return keyProblem(key) === undefined;
}

/**
 * Checks the prefix of a listing. A prefix is the beginning of a key and may stop anywhere; empty means all.
 * @throws ObjectStoreError `InvalidPath`
 */
export function validatePrefix(prefix: string): void {
  const problem = prefix === '' ? undefined : textProblem(prefix);
  if (problem !== undefined) throw new ObjectStoreError('InvalidPath', `prefix ${quoteKey(prefix)} ${problem}`);
}

/** Orders keys as stores list them: by their UTF-8 bytes, which is not the order of JavaScript's `<`. */
export function compareKeys(a: string, b: string): number {
  const length = Math.min(a.length, b.length);
  for (let i = 0; i < length; i++) {
    const x = a.charCodeAt(i);
    const y = b.charCodeAt(i);
    if (x !== y) return codePointRank(x) - codePointRank(y);
  }
  return a.length - b.length;
}

/** A key for a message: quoted, control characters escaped, cut to a readable length. */
export function quoteKey(key: unknown): string {
  const text = typeof key === 'string' ? key : String(key);
  return JSON.stringify(text.length > 120 ? `${text.slice(0, 117)}...` : text);
}

/** Surrogates stand for code points above U+FFFF, so they sort after U+E000–U+FFFF. */
function codePointRank(codeUnit: number): number {
  if (codeUnit >= 0xe000) return codeUnit - 0x800;
  return codeUnit >= 0xd800 ? codeUnit + 0x2000 : codeUnit;
}

function keyProblem(key: string): string | undefined {
  const text = textProblem(key);
  if (text !== undefined) return text;
  if (key.startsWith('/')) return 'starts with "/"; remove it';
  if (key.endsWith('/')) return 'ends with "/"; remove it: there are no directories, only keys';
  for (const segment of key.split('/')) {
    if (segment === '') return 'has an empty segment ("//"); use single slashes';
    if (segment === '.' || segment === '..') return `has a "${segment}" segment; write the key without it`;
  }
  return undefined;
}

function textProblem(text: string): string | undefined {
  if (typeof text !== 'string') return 'is not a string';
  if (text === '') return 'is empty; use 1 to 1024 bytes';
  if (!text.isWellFormed()) return 'has a lone surrogate; use well-formed Unicode';
  if (text.includes('\0')) return 'has a NUL character; remove it';
  const bytes = encoder.encode(text).length;
  return bytes > MAX_KEY_BYTES ? `is ${bytes} bytes of UTF-8; use at most ${MAX_KEY_BYTES}` : undefined;
}
