import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { Completed, OptionsOf } from "../../options.js";
import { option, optional, real, table, whole } from "../../options.js";

const rate = real({ minimum: 0, below: 1 });
const factor = real({ minimum: 0, initial: 0 });

/** Options that an AWD-LSTM has besides `dropout`, `variational` and `weightDropout` (Merity et al. 2018). */
export const awdRules = table("AWD-LSTM", {
  /** Units of the last layer; as many as a tied table has columns need no projection. Needs two layers. Default: as `hiddenSize`. */
  lastHiddenSize: option(optional(whole({ minimum: 1 })), { aka: ["nhid_last"] }),
  /** Dropout on the embedding. Default: as `dropout`. */
  inputDropout: option(optional(rate), { aka: ["dropouti", "dropout_input"] }),
  /** Dropout between layers, of which it needs two. Default: as `dropout`. */
  layerDropout: option(optional(rate), { aka: ["dropouth", "dropout_hidden"] }),
  /** Dropout before the output layer. Default: as `dropout`. */
  outputDropout: option(optional(rate), { aka: ["dropouto", "dropout_output"] }),
  /** Probability of leaving a word out of the embedding table in an update, wherever it stands (Gal & Ghahramani 2016). Default 0. */
  embeddingDropout: option({ ...rate, initial: 0 }, { aka: ["dropoute", "embed_drop", "dropout_embedding"] }),
  /**
   * α: training adds α times the mean square of the last layer's output after its dropout to the mean loss, the activation
   * regularisation of Merity et al. (2017). Default 0.
   */
  activationPenalty: option(factor, { aka: ["alpha", "activation_regularization", "ar"] }),
  /**
   * β: the same with the mean square of the difference between the last layer's outputs of neighbouring steps, before dropout: temporal
   * activation regularisation. Default 0.
   */
  temporalPenalty: option(factor, { aka: ["beta", "temporal_activation_regularization", "tar"] }),
});

/** Options of an AWD-LSTM. @inline */
export type AwdOptions = OptionsOf<typeof awdRules>;

/** @throws OptionError for options of what one layer does not have. */
export function expectAwdLayers(
  config: { layers: number; hiddenSize: number } & Pick<Completed<typeof awdRules>, "layerDropout" | "lastHiddenSize">,
): void {
  if (config.layers > 1) return;
  const [who, one] = ["LanguageModel", "and there is one (layers: 1)"];
  if (config.layerDropout !== undefined) {
    const instead = "leave it out, or use inputDropout and outputDropout, around the layer";
    throw new OptionError(`${who}: layerDropout lies between layers, ${one}: ${instead}.`, ["layerDropout", "layers"]);
  }
  if (config.lastHiddenSize !== undefined) {
    const instead = `set hiddenSize, now ${config.hiddenSize}, and leave lastHiddenSize out`;
    const names = ["lastHiddenSize", "layers"];
    throw new OptionError(`${who}: lastHiddenSize is for a last layer after others, ${one}: ${instead}.`, names);
  }
}

/** A configuration without those of these options that are at their default. */
export function withoutAwdDefaults<Config extends object>(config: Config): Omit<Config, keyof AwdOptions> & AwdOptions {
  const isDefault = (name: string, value: unknown) =>
    Object.hasOwn(awdRules, name) && (value === undefined || value === awdRules[name as keyof AwdOptions].initial);
  const others = Object.entries(config).filter(([name, value]) => !isDefault(name, value));
  return Object.fromEntries(others) as Omit<Config, keyof AwdOptions> & AwdOptions;
}

/** The outputs of a last layer, and how many of them there are. */
interface Outputs {
  /** [T,B,F] as the layer gives them: 0 past a sequence's length. */
  readonly y: Tensor;
  /** The same after dropout. */
  readonly dropped: Tensor;
  /** [] steps of these sequences together. */
  readonly count: Tensor;
  /** i32 [B] steps of each. Default: T. */
  readonly lengths?: Tensor;
}

/**
 * Records what is added to the mean loss in training, []; null for nothing:
 *
 *   α mean(dropped²) + β mean((y_{t+1} - y_t)²)
 *
 * Both are means over what there is in the whole batch, so that padding changes nothing, and parts of it add up.
 */
export function activationPenalty(outputs: Outputs, config: AwdOptions): Tensor | null {
  const { y, dropped, count, lengths } = outputs;
  const { activationPenalty: alpha = 0, temporalPenalty: beta = 0 } = config;
  const { graph, shape } = y;
  const [T, B, F] = shape as [number, number, number];
  if (!graph.training) return null;
  const whole = graph.whole(count, B);
  const penalties: Tensor[] = [];
  if (alpha > 0) {
    // A layer norm makes something of the zeros past a sequence's end.
    const within = lengths ? ops.mask(dropped, lengths) : dropped;
    penalties.push(ops.affine(ops.divide(sumOfSquares(within), whole.count), { scale: alpha / F }));
  }
  if (beta > 0 && T > 1) {
    const steps = ops.subtract(
      ops.slice(y, { axis: 0, start: 1, end: T }),
      ops.slice(y, { axis: 0, start: 0, end: T - 1 }),
    );
    const within = lengths ? ops.multiply(steps, followed(graph, lengths, [T, B])) : steps;
    // Each sequence has a step less than it has tokens.
    const pairs = ops.affine(whole.count, { shift: -whole.rows });
    penalties.push(ops.affine(ops.divide(sumOfSquares(within), pairs), { scale: beta / F }));
  }
  return penalties.length === 0 ? null : penalties.reduce((a, b) => ops.add(a, b));
}

function sumOfSquares(x: Tensor): Tensor {
  return ops.sum(ops.multiply(x, x));
}

/** [T-1,B,1]: 1 where a step of a sequence has another one after it. */
function followed(graph: Graph, lengths: Tensor, [T, B]: [number, number]): Tensor {
  const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, 1]);
  return ops.slice(ops.mask(ones, lengths), { axis: 0, start: 1, end: T });
}
