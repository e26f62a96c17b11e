import type { Tokenizer } from "../../data/index.js";
import { expectMemory } from "../../executor/memory.js";
import { gateTitle, stateTitle } from "../stateTitle.js";
import type { TokenStep } from "./tokenStep.js";

/** The walk of every recurrent unit over a text. */
export interface Activations {
  /** The tokens of the text, printable. */
  tokens: string[];
  layers: {
    /** "layer 1 hidden". */
    name: string;
    /** "hidden" for h, "cell" for c, and any other entry of the state by its name. */
    kind: string;
    units: number;
    /** Values after each token, [tokens, units]. */
    values: Float32Array;
  }[];
  /** How far open the gates were while each token was read, from the lowest layer up; none where the cell shows none. */
  gates: {
    /** "layer 1 forget gate". */
    name: string;
    /** The gate's name in the cell's equation: "f". */
    kind: string;
    units: number;
    /** [tokens, units], from 0 (shut) to 1 (open). */
    values: Float32Array;
  }[];
  /** Bits of surprise of each token, given those before it; 0 for the first, unless a model of sentences predicts it too. */
  surprise: Float32Array;
}

/**
 * Reads a text token by token.
 * @param text.opening what is read before it.
 * @throws OptionError if the activations do not fit into memory.
 */
export async function activationsOf(
  step: TokenStep,
  { opening, ids, tokenizer }: { opening: readonly number[]; ids: Int32Array; tokenizer: Tokenizer },
): Promise<Activations> {
  let state = step.start();
  // Cells have at most as many gates that can be looked at as LSTMs: three.
  const perToken = 4 * step.entries.reduce((sum, { size }) => sum + size, 0);
  expectMemory(4 * ids.length * perToken, `activations: those of ${ids.length} tokens`, "Take a shorter text.");
  const layers = step.entries.map((entry) => ({
    ...stateTitle(entry),
    units: entry.size,
    values: new Float32Array(ids.length * entry.size),
  }));
  const gates: Activations["gates"] = [];
  const surprise = new Float32Array(ids.length);
  for (const [i, id] of [...opening, ...ids].entries()) {
    const result = await step.readWithGates(id, state);
    state = result.state;
    const t = i - opening.length;
    for (const [layer, { name, size }] of step.entries.entries()) {
      if (t >= 0) layers[layer]?.values.set(state[name] as Float32Array, t * size);
    }
    for (const [g, { gate, layer, values }] of result.gates.entries()) {
      const units = values.length;
      gates[g] ??= { ...gateTitle(gate, layer), units, values: new Float32Array(ids.length * units) };
      if (t >= 0) gates[g].values.set(values, t * units);
    }
    const following = ids[t + 1];
    if (following !== undefined) surprise[t + 1] = -(result.logProbabilities[following] as number) / Math.LN2;
  }
  return { tokens: Array.from(ids, (id) => tokenizer.token(id)), layers, gates, surprise };
}
