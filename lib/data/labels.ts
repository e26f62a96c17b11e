import { counted, describe, InputError } from "../errors.js";
import { nearestName } from "../options.js";

/** The labels that a classifier tells apart, each with a number from 0. */
export class Labels {
  readonly kind = "labels";
  readonly names: readonly string[];
  readonly size: number;
  readonly #ids: ReadonlyMap<string, number>;

  /** @throws InputError unless there are two or more, all different and none empty. */
  constructor(names: readonly string[]) {
    const isText = (name: unknown) => typeof name === "string" && name.trim() !== "";
    if (!Array.isArray(names) || !Array.from(names).every(isText)) {
      throw new InputError(`Labels: expected a list of texts that are not empty, got ${describe(names)}.`);
    }
    this.names = Object.freeze([...names]);
    this.#ids = new Map(names.map((name, id) => [name, id]));
    this.size = names.length;
    if (this.#ids.size < names.length) {
      const twice = names.find((name, id) => this.#ids.get(name) !== id);
      throw new InputError(`Labels: ${describe(twice)} is there twice.`);
    }
    if (this.size < 2) throw new InputError(`Labels: expected two or more, got ${counted(this.size, "label")}.`);
  }

  /** Labels in alphabetical order. @throws InputError as the constructor does. */
  static of(names: ReadonlySet<string>): Labels {
    if (!(names instanceof Set)) throw new InputError(`Labels: expected a Set of texts, got ${describe(names)}.`);
    return new Labels([...names].sort((a, b) => (String(a) < String(b) ? -1 : 1)));
  }

  /** The number of a label. @throws InputError for one that is not known. */
  id(name: string): number {
    const id = this.#ids.get(name);
    if (id !== undefined) return id;
    const nearest = typeof name === "string" ? nearestName(name, this.names) : undefined;
    const known = this.size <= 20 ? ` Known labels: ${this.names.join(", ")}.` : "";
    throw new InputError(`Unknown label ${describe(name)}${nearest ? `; did you mean ${nearest}?` : `.${known}`}`);
  }

  toJSON(): object {
    return [...this.names];
  }
}
