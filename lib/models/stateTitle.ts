import type { StateEntry } from "../nn/stateEntry.js";

/** Words for the entries of a state that most cells have. */
const kinds: Readonly<Record<string, string>> = { h: "hidden", c: "cell" };

/** Words for the gates that most cells have. */
const gates: Readonly<Record<string, string>> = {
  i: "input gate",
  f: "forget gate",
  o: "output gate",
  r: "reset gate",
  z: "update gate",
};

/** The name of a gate in reports, such as "layer 1 forget gate", and its letter. @param layer from 0 on. */
export function gateTitle(gate: string, layer: number): { name: string; kind: string } {
  return { name: `layer ${layer + 1} ${gates[gate] ?? `gate ${gate}`}`, kind: gate };
}

/** The name of an entry of the state in reports, such as "layer 1 hidden", and its kind. */
export function stateTitle({ kind, layer }: Pick<StateEntry, "kind" | "layer">): { name: string; kind: string } {
  const title = kinds[kind] ?? kind;
  return { name: `layer ${layer + 1} ${title}`, kind: title };
}
