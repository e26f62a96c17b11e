import { OptionError, quote } from "../errors.js";
import { checkOption } from "../options.js";
import type { ModelKind } from "./modelKind.js";
import { modelKindRule } from "./modelKind.js";

const kinds = new Map<string, ModelKind>();

/**
 * Makes a kind of model of your own known to loadModel.
 * @throws OptionError if it is no kind, or another one has its name.
 */
export function registerKind(kind: ModelKind): void {
  checkOption("registerKind", "kind", kind, modelKindRule);
  const known = kinds.get(kind.name) ?? kind;
  if (known !== kind) throw new OptionError(`registerKind: there is another kind of model called ${quote(kind.name)}.`);
  kinds.set(kind.name, kind);
}

/** The kind of a name; undefined for none. */
export function kindNamed(name: string): ModelKind | undefined {
  return kinds.get(name);
}

/** The names of all kinds. */
export function kindNames(): string[] {
  return [...kinds.keys()];
}
