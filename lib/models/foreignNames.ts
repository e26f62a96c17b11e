import { InputError, OptionError, quote } from "../errors.js";
import type { TensorInFile } from "../formats/index.js";
import type { Completed, OptionsOf } from "../options.js";
import { either, optional, record, table, text, value, word } from "../options.js";

export const loadWeightsRules = table("loadWeights", {
  /**
   * The beginning of the tensors' names that is cut off: "module.", "state_dict.model.". Tensors without it are left out. Default: none.
   */
  prefix: optional(text({ empty: true })),
  /**
   * The parameter's name for a tensor of the file: a function of the tensor's name, or an object of names, of tensors or of the modules
   * that they belong to, such as `{ embed: "embedding", lstm: "rnn" }`. null leaves out. Default: the tensor's own name.
   */
  rename: optional(
    either(
      value<(name: string) => string | null>("a function", (rename) => typeof rename === "function"),
      record(value<string | null>("a name, or null", (name) => name === null || typeof name === "string")),
    ),
  ),
  /**
   * Parameters that have no tensor in the file: "refuse" the file, "keep" their values, or make them "zero", as biases are that the other
   * program does not have. Default "refuse".
   */
  missing: word(["refuse", "keep", "zero"], "refuse"),
});

/** Options of `loadWeights`. @interface */
export type LoadWeightsOptions = OptionsOf<typeof loadWeightsRules>;

/**
 * The tensors of a file by the names that its owner means.
 * @throws InputError where two get one name, or an entry of the map fits none; OptionError for a function that gives no name.
 */
export function renamed(
  file: string,
  tensors: readonly TensorInFile[],
  { prefix = "", rename = {} }: Pick<Completed<typeof loadWeightsRules>, "prefix" | "rename">,
): Map<string, TensorInFile> {
  const named = new Map<string, TensorInFile>();
  const nameOf = typeof rename === "function" ? rename : mapped(rename);
  for (const tensor of tensors) {
    if (!tensor.name.startsWith(prefix)) continue;
    const name = nameOf(tensor.name.slice(prefix.length));
    if (name === null) continue;
    if (typeof name !== "string") {
      throw new OptionError(`loadWeights: expected rename to return a name or null for ${quote(tensor.name)}.`);
    }
    const other = named.get(name);
    if (other) {
      throw new InputError(
        `${file}: ${quote(other.name)} and ${quote(tensor.name)} are both renamed to ${quote(name)}.`,
      );
    }
    named.set(name, tensor);
  }
  if (typeof rename !== "function")
    expectUsed(
      file,
      rename,
      tensors.map(({ name }) => name.slice(prefix.length)),
    );
  return named;
}

/** Each name by the longest entry that is it, or the modules before it. */
function mapped(names: Readonly<Record<string, string | null>>): (name: string) => string | null {
  const entries = Object.entries(names).sort(([a], [b]) => b.length - a.length);
  return (name) => {
    const [from, to] = entries.find(([module]) => isWithin(module, name)) ?? [name, name];
    return to === null ? null : to + name.slice(from.length);
  };
}

function isWithin(module: string, name: string): boolean {
  return name === module || name.startsWith(`${module}.`);
}

function expectUsed(file: string, rename: Readonly<Record<string, string | null>>, names: readonly string[]): void {
  const unused = Object.keys(rename).find((module) => !names.some((name) => isWithin(module, name)));
  if (unused === undefined) return;
  throw new InputError(
    `${file}: rename has ${quote(unused)}, which is no tensor of the file, and no module of one. The first are ${names.slice(0, 6).map(quote).join(", ")}.`,
  );
}
