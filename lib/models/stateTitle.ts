import type { StateEntry } from "../nn/stateEntry.js";

/** Words for the entries of a state that most cells have. */
const kinds: Readonly<Record<string, string>> = { h: "hidden", c: "cell" };

/** What an entry of the state is called in reports, such as "layer 1 hidden", and its kind. */
export function stateTitle({ kind, layer, direction }: StateEntry): { name: string; kind: string } {
  const title = kinds[kind] ?? kind;
  return { name: `layer ${layer + 1} ${title}${direction ? " (backward)" : ""}`, kind: title };
}
