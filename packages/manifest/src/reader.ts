import { ManifestError } from './error.ts';
import { MAX_TEXT_BYTES, utf8Length } from './text.ts';

/** Longest piece of a refused value that an error message repeats, in characters. */
const MAX_SHOWN = 60;

type Fields = Readonly<Record<string, unknown>>;

/** Reads the fields of one JSON object, and says in full what is wrong with the first bad one. */
export class FieldReader {
  readonly #fields: Fields;
  readonly #at: string;

  constructor(value: unknown, at: string) {
    if (typeof value !== 'object' || value === null || Array.isArray(value)) throw refuse(at, value, 'an object');
    this.#fields = value as Fields;
    this.#at = at;
  }

  /** What `read` makes of a field that may be absent, under its name. */
  optional<const K extends string, T>(name: K, read: () => T): { readonly [name in K]?: T } {
    return this.#fields[name] === undefined ? {} : ({ [name]: read() } as { readonly [name in K]: T });
  }

  boolean(name: string): boolean {
    const value = this.#fields[name];
    if (typeof value !== 'boolean') throw this.refuse(name, 'true or false');
    return value;
  }

  number(name: string, min: number = -Number.MAX_VALUE): number {
    const value = this.#fields[name];
    if (typeof value === 'number' && Number.isFinite(value) && value >= min) return value;
    throw this.refuse(name, min === -Number.MAX_VALUE ? 'a number' : `a number from ${min}`);
  }

  integer(name: string, min: number = 0, max: number = Number.MAX_SAFE_INTEGER): number {
    const value = this.#fields[name];
    if (typeof value === 'number' && Number.isInteger(value) && value >= min && value <= max) return value;
    throw this.refuse(name, `a whole number from ${min} to ${max}`);
  }

  text(name: string): string {
    const value = this.#fields[name];
    if (typeof value === 'string' && utf8Length(value) <= MAX_TEXT_BYTES) return value;
    throw this.refuse(name, `text of at most ${MAX_TEXT_BYTES} bytes`);
  }

  matching(name: string, test: (text: string) => boolean, allowed: string): string {
    const value = this.#fields[name];
    if (typeof value === 'string' && test(value)) return value;
    throw this.refuse(name, allowed);
  }

  oneOf<const T extends string>(name: string, allowed: readonly T[]): T {
    const value = this.#fields[name];
    const found = allowed.find((candidate) => candidate === value);
    if (found === undefined) throw this.refuse(name, allowed.map((text) => `"${text}"`).join(' or '));
    return found;
  }

  list<T>(name: string, read: (item: FieldReader) => T): T[] {
    const value = this.#fields[name];
    if (!Array.isArray(value)) throw this.refuse(name, 'a list');
    return value.map((item, index) => read(new FieldReader(item, `${this.#path(name)}[${index}]`)));
  }

  object<T>(name: string, read: (item: FieldReader) => T): T {
    return read(new FieldReader(this.#fields[name], this.#path(name)));
  }

  refuse(name: string, allowed: string): ManifestError {
    return refuse(this.#path(name), this.#fields[name], allowed);
  }

  #path(name: string): string {
    return this.#at === '' ? name : `${this.#at}.${name}`;
  }
}

function refuse(field: string, value: unknown, allowed: string): ManifestError {
  const subject = field === '' ? 'the manifest' : field;
  return new ManifestError('Invalid', field, `${subject} is ${show(value)}; allowed: ${allowed}`);
}

function show(value: unknown): string {
  const text = value === undefined ? 'missing' : JSON.stringify(value);
  return text.length <= MAX_SHOWN ? text : `${text.slice(0, MAX_SHOWN)}…`;
}
