import type { Executor, Store } from "../../executor/executor.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { StateEntry } from "../../nn/stateEntry.js";
import type { Read, SequenceState, TokenStepOptions } from "../textModel/tokenStep.js";
import { TokenStep } from "../textModel/tokenStep.js";
import type { LanguageModelNetwork } from "./network.js";

/** How far a gate of a layer was open for a token, [H]. */
export interface GateReading {
  gate: string;
  layer: number;
  values: Float32Array;
}

/** The step of a recurrent language model, whose gates may be looked at. */
export class GatedStep extends TokenStep {
  readonly #network: LanguageModelNetwork;
  /** The gates that the program gives, in the order of its outputs. */
  #gates: readonly Omit<GateReading, "values">[] = [];

  constructor(model: { network: LanguageModelNetwork; executor: Executor; store: Store }, options: TokenStepOptions) {
    super(model, options);
    this.#network = model.network;
  }

  override get entries(): readonly StateEntry[] {
    return this.#network.stateEntries;
  }

  /** Reads a token of one sequence; besides, how far open the gates are in that step: those of each layer, from the lowest up. */
  async readWithGates(token: number, state: SequenceState): Promise<Read & { gates: GateReading[] }> {
    const network = this.#network;
    const logProbabilities = (graph: Graph, logits: Tensor) => graph.output("logProbabilities", ops.logSoftmax(logits));
    const executable = this.program("read gates", 1, logProbabilities, (graph, ids, before) => {
      const { y, state: last, gates } = network.stepWithGates(ops.reshape(ids, [1]), before);
      for (const [g, { values }] of gates.entries()) graph.output(`gate ${g}`, values);
      this.#gates = gates.map(({ gate, layer }) => ({ gate, layer }));
      return { logits: network.output.apply(y), last };
    });
    const { read, outputs } = await this.run(executable, token, state);
    const gates = this.#gates.map((gate, g) => ({ ...gate, values: outputs[`gate ${g}`] as Float32Array }));
    return { ...read, gates };
  }
}
