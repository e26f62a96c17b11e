import { checkOption, text, whole } from "../options.js";
import type { Parameter } from "./parameter.js";

/** Something that holds parameters: a layer, or a model made of layers. */
export interface Layer {
  readonly name: string;
  readonly parameters: readonly Parameter[];
}

/** Rule of a size that must be given: features, hidden units, tokens. */
export const size = whole({ minimum: 1 });

/** The name of a layer, which is the path of its parameters. @throws OptionError for anything but a text. */
export function expectLayerName(kind: string, name: unknown): string {
  return checkOption(kind, "its name, the first argument,", name, text());
}
