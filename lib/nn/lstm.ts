import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import { real } from "../options.js";
import type { Initializer } from "./initializers.js";
import type { CellResult, CellWeights, RecurrentOptions } from "./recurrent.js";
import { RecurrentStack } from "./recurrent.js";

export interface LSTMOptions extends RecurrentOptions {
  /** First value of the forget gate's bias; 1 keeps the cell's memory at the start (Jozefowicz et al. 2015). Default 1. */
  forgetBias?: number;
}

const initial = 1;

const own = { forgetBias: real({ initial }) };

/**
 * Long short-term memory over a whole sequence (Hochreiter & Schmidhuber 1997; forget gate: Gers et al. 2000).
 *
 * x [T,B,I] -> { y [T,B,H], last: { h_l0 [B,H], c_l0 [B,H], ... } }. See RecurrentOptions for stacks.
 */
export class LSTM extends RecurrentStack {
  constructor(name: string, options: LSTMOptions) {
    super(name, options, {
      gates: 4,
      stateNames: ["h", "c"],
      // No options at all are refused where the others are checked.
      biasInitializer: forgetGate(options?.forgetBias ?? initial),
      options: own,
    });
  }

  protected cell(operands: Parameters<RecurrentStack["cell"]>[0], { h, c }: Record<string, Tensor>): CellResult {
    const { y, hLast, cLast } = ops.lstm({ ...operands, h0: h as Tensor, c0: c as Tensor });
    return { y, last: { h: hLast, c: cLast } };
  }

  protected cellStep(x: Tensor, weights: CellWeights, { h, c }: Record<string, Tensor>): Record<string, Tensor> {
    const { weight_ih, weight_hh, bias_ih, bias_hh } = weights;
    const a = ops.add(ops.linear(x, weight_ih, bias_ih), ops.linear(h as Tensor, weight_hh, bias_hh));
    return ops.lstmCell(a, c as Tensor);
  }
}

/** Gates are stored i, f, g, o: the second quarter belongs to the forget gate. */
function forgetGate(value: number): Initializer {
  return ([rows = 0]) => new Float32Array(rows).fill(value, rows / 4, rows / 2);
}
