import { activations, feedForwardSizeOf } from "../nn/feedForward.js";
import type { Completed } from "../options.js";
import { flag, option, optional, real, table, whole, word } from "../options.js";

/** Options that all models of Transformer blocks have. */
export const blockRules = table("Transformer blocks", {
  /** Features between the two products of a feed-forward part. Default: 4 times `hiddenSize`, and 8/3 of it for swiglu. */
  feedForwardSize: option(optional(whole({ minimum: 1 })), { aka: ["dim_feedforward", "d_ff", "n_inner"] }),
  /** The function of the feed-forward parts. Default gelu. */
  activation: option(word(activations, "gelu"), { aka: ["act", "activation_function", "hidden_act"] }),
  /** Layer normalisation before each part ("pre": Xiong et al. 2020) or after each sum ("post": Vaswani et al. 2017). Default pre. */
  normalization: option(word(["pre", "post"], "pre"), { aka: ["norm_first"] }),
  /** Layer normalisation after the last block of a stack; PyTorch's nn.Transformer has it with "post", too. Default: with "pre". */
  finalNorm: option(optional(flag()), { aka: ["final_layer_norm"] }),
  /** Share of the probability that training spreads over all tokens alike (Szegedy et al. 2016). Default 0. */
  labelSmoothing: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["label_smoothing", "smoothing"] }),
});

/** The options with those of the blocks filled in that follow from others. */
export function completeBlocks<Options extends Completed<typeof blockRules> & { hiddenSize: number }>(
  options: Options,
) {
  const { hiddenSize, activation, normalization } = options;
  const { feedForwardSize = feedForwardSizeOf(hiddenSize, activation), finalNorm = normalization === "pre" } = options;
  return { ...options, feedForwardSize, finalNorm };
}
