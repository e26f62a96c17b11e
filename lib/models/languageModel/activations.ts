import type { Tokenizer } from "../../data/index.js";
import { expectMemory } from "../../executor/memory.js";
import { gateTitle, stateTitle } from "../stateTitle.js";
import type { GatedStep, GateReading } from "./gatedStep.js";

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
 * @throws OptionError if the activations do not fit into memory; the signal's reason.
 */
export async function activationsOf(
  step: GatedStep,
  text: { opening: readonly number[]; ids: Int32Array; tokenizer: Tokenizer },
  signal: AbortSignal | undefined,
): Promise<Activations> {
  const { opening, ids, tokenizer } = text;
  let state = step.start();
  const layers: Activations["layers"] = [];
  const gates: Activations["gates"] = [];
  const surprise = new Float32Array(ids.length);
  for (const [i, id] of [...opening, ...ids].entries()) {
    signal?.throwIfAborted();
    const result = await step.readWithGates(id, state);
    state = result.state;
    // Only now it is known how many gates the cell shows.
    if (i === 0) prepare(step, result.gates, { tokens: ids.length, layers, gates });
    const t = i - opening.length;
    if (t >= 0) {
      for (const [e, { name, size }] of step.entries.entries()) {
        layers[e]?.values.set(state[name] as Float32Array, t * size);
      }
      for (const [g, { values }] of result.gates.entries()) gates[g]?.values.set(values, t * values.length);
    }
    const following = ids[t + 1];
    if (following !== undefined) surprise[t + 1] = -(result.logProbabilities[following] as number) / Math.LN2;
  }
  return { tokens: Array.from(ids, (id) => tokenizer.token(id)), layers, gates, surprise };
}

/** Makes room for the values of some tokens. @throws OptionError if there is none. */
function prepare(
  step: GatedStep,
  shown: readonly GateReading[],
  { tokens, layers, gates }: { tokens: number } & Pick<Activations, "layers" | "gates">,
): void {
  const sizes = [...step.entries.map(({ size }) => size), ...shown.map(({ values }) => values.length)];
  const perToken = sizes.reduce((sum, size) => sum + size, 0);
  expectMemory(4 * tokens * perToken, `activations: those of ${tokens} tokens`, "Take a shorter text.");
  const room = (units: number) => ({ units, values: new Float32Array(tokens * units) });
  for (const entry of step.entries) layers.push({ ...stateTitle(entry), ...room(entry.size) });
  for (const { gate, layer, values } of shown) gates.push({ ...gateTitle(gate, layer), ...room(values.length) });
}
