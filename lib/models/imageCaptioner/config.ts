import { scorers } from "../../nn/attention.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { layerCount } from "../../nn/recurrent.js";
import type { OptionsOf } from "../../options.js";
import { flag, list, option, optional, real, table, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell } from "../cellConfig.js";
import type { GridShape } from "./grid.js";

/** The architecture of a captioner, as stored in config.json. Options of its cell stand beside the others. @interface */
export type ImageCaptionerConfig = OptionsOf<typeof captionerRules> & CellOptions;

const size = whole({ minimum: 1 });

/** The rules of the architecture's options. */
export const captionerRules = table("ImageCaptioner", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(size, { flag: null, aka: ["vocab_size"] }),
  /** Rows of an image: of its grid of features, or of its pixels. */
  rows: option(size, { flag: null }),
  /** Columns of an image. */
  columns: option(size, { flag: null }),
  /** Features of a region, or colours of a pixel. */
  channels: option(size, { flag: null, aka: ["encoder_dim", "feature_size"] }),
  /**
   * Channels of each convolution that the image goes through, 3 x 3 with ReLU; none for features that were computed before. Default none.
   */
  convolutions: option(list(size, []), { aka: ["filters"] }),
  /** Shortest side of the grid of regions: after each convolution pooling halves the image while both sides stay as long. Default 7. */
  gridSize: option(whole({ minimum: 1, initial: 7 }), { aka: ["enc_image_size"], needs: { convolutions: true } }),
  /** How pooling makes one pixel of four: their maximum or their mean. Default max. */
  pooling: option(word(["max", "mean"], "max"), { needs: { convolutions: true } }),
  /** Recurrent cell of the decoder: one of the library's, or of those that registerCell has added. Default lstm. */
  cell: cellNamed("lstm"),
  /** Layers of the decoder. Default 1. */
  layers: option(layerCount(1), { aka: ["num_layers", "n_layers"] }),
  /** H: units of a layer. Default 256. */
  hiddenSize: option(whole({ minimum: 1, initial: 256 }), { aka: ["hidden", "units", "decoder_dim"] }),
  /** E: size of token vectors, and of what the output layer reads. Default: as `hiddenSize`. */
  embeddingSize: option(optional(size), { aka: ["embedding", "emb_dim", "embed_dim"] }),
  /** A: size of what additive attention compares. Default: as `hiddenSize`. */
  attentionSize: option(optional(size), { aka: ["attention_dim"] }),
  /**
   * Score of attention over the regions (see Attention), or "none": the mean of all regions is the decoder's first state, and
   * nothing else. Default additive.
   */
  attention: option(word([...scorers, "none"], "additive"), { aka: ["attention_type"] }),
  /** Let each step weigh the context with a gate of its own, beta (Xu et al. 2015, 4.2.1). Default true. */
  gate: flag(true),
  /**
   * Weight of the penalty for regions that get more of the attention than others over all words: the doubly stochastic
   * regularisation of Xu et al. (2015), equation 14. Only in training. Default 1.
   */
  doublyStochastic: option(real({ minimum: 0, initial: 1 }), { aka: ["alpha_c", "lambda"] }),
  /** Add a learnt vector to each region, so that attention knows where it is. Default false. */
  positions: option(flag(), { aka: ["positional_embedding"] }),
  /** Dropout on embeddings, between layers and before the output layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  /** Dropout on the features of regions. Default 0. */
  imageDropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["encoder_dropout"] }),
  /** Share the embedding table with the output layer. Default false. */
  tied: option(flag(), { aka: ["tie_weights"] }),
});

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
export function completeCaptionerConfig(config: ImageCaptionerConfig): CompleteConfig<ImageCaptionerConfig> {
  const own = completeWithCell("ImageCaptioner", config, { table: captionerRules, first: "none" });
  const { hiddenSize, embeddingSize = hiddenSize } = own;
  const { attentionSize = hiddenSize } = own;
  return { ...own, embeddingSize, attentionSize };
}

/** The grid of regions that attention looks at, and the features of each: those of the image, or of its last convolution. */
export function regionsOf(config: CompleteConfig<ImageCaptionerConfig>): GridShape & { halved: readonly boolean[] } {
  const { convolutions, gridSize } = config;
  let { rows, columns } = config;
  const halved = convolutions.map(() => {
    const halves = Math.floor(Math.min(rows, columns) / 2) >= gridSize;
    if (halves) [rows, columns] = [Math.floor(rows / 2), Math.floor(columns / 2)];
    return halves;
  });
  return { rows, columns, channels: convolutions.at(-1) ?? config.channels, halved };
}
