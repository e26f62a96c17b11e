import { expectOneOf } from "../errors.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { CellResult, RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface GRUOptions extends RecurrentOptions {
  /** "after": the recurrent product is gated (cuDNN, PyTorch); "before": the state is (Cho et al. 2014). Default "after". */
  reset?: "after" | "before";
}

/**
 * Gated recurrent unit over a whole sequence (Cho et al. 2014).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class GRU extends RecurrentStack {
  readonly #reset: "after" | "before";

  constructor(name: string, options: GRUOptions) {
    super(name, options, { gates: 3, stateNames: ["h"], optionNames: ["reset"] });
    this.#reset = expectOneOf(name, "reset", options.reset ?? "after", ["after", "before"]);
  }

  protected cell(operands: Parameters<RecurrentStack["cell"]>[0], { h }: Record<string, Tensor>): CellResult {
    const { y, hLast } = ops.gru({ ...operands, h0: h as Tensor, reset: this.#reset });
    return { y, last: { h: hLast } };
  }
}
