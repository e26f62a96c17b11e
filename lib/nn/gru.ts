import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { word } from "../options.js";
import type { CellResult, CellWeights, RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface GRUOptions extends RecurrentOptions {
  /** "after": the recurrent product is gated (cuDNN, PyTorch); "before": the state is (Cho et al. 2014). Default "after". */
  reset?: "after" | "before";
}

const initial = "after";

const own = { reset: word(["after", "before"], initial) };

/**
 * Gated recurrent unit over a whole sequence (Cho et al. 2014).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class GRU extends RecurrentStack {
  readonly #reset: "after" | "before";

  constructor(name: string, options: GRUOptions) {
    super(name, options, { gates: 3, stateNames: ["h"], options: own });
    this.#reset = options.reset ?? initial;
  }

  protected cell(operands: Parameters<RecurrentStack["cell"]>[0], { h }: Record<string, Tensor>): CellResult {
    const { y, hLast } = ops.gru({ ...operands, h0: h as Tensor, reset: this.#reset });
    return { y, last: { h: hLast } };
  }

  protected cellStep(x: Tensor, weights: CellWeights, { h }: Record<string, Tensor>): Record<string, Tensor> {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = weights;
    const [state, a] = [h as Tensor, ops.linear(x, weight_ih, bias_ih)];
    if (this.#reset === "after") return { h: ops.gruCell(a, ops.linear(state, weight_hh, bias_hh), state) };
    const H = state.shape[1] as number;
    const gates = { start: 0, end: 2 * H };
    const candidate = { start: 2 * H, end: 3 * H };
    const product = (of: Tensor, rows: typeof gates) =>
      ops.linear(of, ops.slice(weight_hh, { axis: 0, ...rows }), bias_hh && ops.slice(bias_hh, { axis: 0, ...rows }));
    const rz = ops.sigmoid(ops.add(ops.slice(a, { axis: 1, ...gates }), product(state, gates)));
    const r = ops.slice(rz, { axis: 1, start: 0, end: H });
    const z = ops.slice(rz, { axis: 1, start: H, end: 2 * H });
    const gated = product(ops.multiply(r, state), candidate);
    const n = ops.tanh(ops.add(ops.slice(a, { axis: 1, ...candidate }), gated));
    // (1 - z) n + z h
    return { h: ops.add(n, ops.multiply(z, ops.subtract(state, n))) };
  }
}
