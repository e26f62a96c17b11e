import { describe, InputError } from "../../errors.js";

/** One component of a tokenizer.json may hold others so deep. */
const deepest = 16;

/**
 * One object of a tokenizer.json, such as "pre_tokenizer.pretokenizers[1]". Every setting is read through it, so that a
 * value of the wrong kind is an error that says where it is.
 */
export class Component {
  readonly path: string;
  readonly values: Readonly<Record<string, unknown>>;
  readonly #depth: number;

  /** @throws InputError unless the value is an object. */
  constructor(path: string, value: unknown, depth = 0) {
    this.path = path;
    this.#depth = depth;
    if (depth > deepest) throw new InputError(`tokenizer.json: components lie more than ${deepest} deep in ${path}.`);
    if (typeof value !== "object" || value === null || Array.isArray(value)) {
      throw new InputError(`tokenizer.json: expected ${path} to be an object, got ${describe(value)}.`);
    }
    this.values = value as Record<string, unknown>;
  }

  get type(): string {
    return this.text("type");
  }

  has(name: string): boolean {
    return this.value(name) !== undefined && this.value(name) !== null;
  }

  /** The value as it is; undefined if the object itself has none of that name. */
  value(name: string): unknown {
    return Object.hasOwn(this.values, name) ? this.values[name] : undefined;
  }

  text(name: string, initial?: string): string {
    const value = this.value(name) ?? initial;
    if (typeof value !== "string") throw this.#mismatch(name, "a text");
    if (/\p{Surrogate}/u.test(value)) throw this.#mismatch(name, "a text without half a character");
    return value;
  }

  /** A text that is not empty. */
  word(name: string, initial?: string): string {
    const value = this.text(name, initial);
    if (value === "") throw this.#mismatch(name, "a text that is not empty");
    return value;
  }

  /** A text of one code point. */
  character(name: string): string {
    const value = this.text(name);
    if ([...value].length !== 1) throw this.#mismatch(name, "one character");
    return value;
  }

  oneOf<const T extends string>(name: string, words: readonly T[], initial?: NoInfer<T>): T {
    const value = this.value(name) ?? initial;
    if (!words.includes(value as T)) throw this.#mismatch(name, `one of ${words.join(", ")}`);
    return value as T;
  }

  flag(name: string, initial?: boolean): boolean {
    const value = this.value(name) ?? initial;
    if (typeof value !== "boolean") throw this.#mismatch(name, "true or false");
    return value;
  }

  whole(name: string, { minimum = 0, initial }: { minimum?: number; initial?: number } = {}): number {
    const value = this.value(name) ?? initial;
    if (!Number.isSafeInteger(value) || (value as number) < minimum) {
      throw this.#mismatch(name, `a whole number of at least ${minimum}`);
    }
    return value as number;
  }

  list(name: string): readonly unknown[] {
    const value = this.value(name);
    if (!Array.isArray(value)) throw this.#mismatch(name, "an array");
    return value;
  }

  child(name: string): Component {
    return new Component(this.path === "" ? name : `${this.path}.${name}`, this.value(name), this.#depth + 1);
  }

  children(name: string): Component[] {
    const path = this.path === "" ? name : `${this.path}.${name}`;
    return this.list(name).map((value, i) => new Component(`${path}[${i}]`, value, this.#depth + 1));
  }

  /** The texts of { "String": ... } or { "Regex": ... }. */
  pattern(name = "pattern"): { literal: string } | { expression: string } {
    const pattern = this.child(name);
    return pattern.has("Regex") ? { expression: pattern.text("Regex") } : { literal: pattern.text("String") };
  }

  /** An error about this component. */
  refusal(reason: string): InputError {
    const name = this.has("type") ? `${this.path} (${describe(this.value("type"))})` : this.path;
    return new InputError(`tokenizer.json: ${name === "" ? "" : `${name}: `}${reason}`);
  }

  /** The error for a component of a type that is not read here. */
  unknownType(known: readonly string[]): InputError {
    return new InputError(
      `tokenizer.json: ${this.path} is of type ${describe(this.value("type"))}, which is not supported: its tokens would not ` +
        `surely be those of the library that made the file. Supported: ${known.join(", ")}.`,
    );
  }

  #mismatch(name: string, expected: string): InputError {
    const path = this.path === "" ? name : `${this.path}.${name}`;
    return new InputError(`tokenizer.json: expected ${path} to be ${expected}, got ${describe(this.value(name))}.`);
  }
}
