import { OptionError } from "../../errors.js";
import { positionKinds } from "../../nn/positions.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, option, real, table, whole, word } from "../../options.js";
import { blockRules, completeBlocks } from "../transformerOptions.js";

/** The architecture of an encoder-decoder Transformer, as stored in config.json. @interface */
export type TransformerSeq2SeqConfig = OptionsOf<typeof transformerSeq2SeqRules>;

const size = whole({ minimum: 1 });

const layers = (aka: readonly string[]) => option(whole({ minimum: 1, maximum: 1000, initial: 3 }), { aka });

/** The rules of the architecture's options. */
export const transformerSeq2SeqRules = table("TransformerSeq2Seq", {
  /** Tokens of the source's vocabulary. */
  sourceVocabularySize: option(size, { flag: null, aka: ["src_vocab_size"] }),
  /** Tokens of the target's vocabulary. */
  targetVocabularySize: option(size, { flag: null, aka: ["tgt_vocab_size"] }),
  /** Blocks of the encoder. Default 3. */
  encoderLayers: layers(["enc_layers", "num_encoder_layers"]),
  /** Blocks of the decoder. Default 3. */
  decoderLayers: layers(["dec_layers", "num_decoder_layers"]),
  /** Heads of each attention, a divisor of `hiddenSize`. Default 8. */
  heads: option(whole({ minimum: 1, initial: 8 }), { aka: ["num_heads", "n_head", "nhead"] }),
  /** F: features of a token, from the embeddings to the output layer. Default 256. */
  hiddenSize: option(whole({ minimum: 1, initial: 256 }), { aka: ["hidden", "d_model", "n_embd", "embed_dim"] }),
  ...blockRules,
  /** Most tokens of a source, and of a target with its end. Default 256. */
  contextLength: option(whole({ minimum: 1, maximum: 1 << 20, initial: 256 }), {
    aka: ["max_len", "n_positions", "max_position_embeddings"],
  }),
  /**
   * How attention knows the order: "rotary" turns the queries and keys of each sequence (Su et al. 2021); "learned" or "sinusoidal"
   * vectors are added to the embeddings (Vaswani et al. 2017). Default rotary.
   */
  positions: option(word(["rotary", ...positionKinds], "rotary"), { aka: ["position_embedding_type"] }),
  /** Dropout on the embeddings and on what each part adds. Default 0.1. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0.1 }), { aka: ["dropout_rate", "p"] }),
  /** Share the target's embedding table with the output layer. Default true. */
  tied: option(flag(true), { aka: ["tie_weights", "share_decoder_embeddings"] }),
  /** Share one embedding table, and so one vocabulary, between source and target. Default false. */
  sharedEmbedding: option(flag(), { aka: ["shared", "share_embeddings", "share_all_embeddings"] }),
});

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
export function completeTransformerSeq2SeqConfig(config: TransformerSeq2SeqConfig): Required<TransformerSeq2SeqConfig> {
  const complete = completeOptions("TransformerSeq2Seq", config, transformerSeq2SeqRules);
  const { sourceVocabularySize: source, targetVocabularySize: target } = complete;
  if (complete.sharedEmbedding && source !== target) {
    throw new OptionError(
      `TransformerSeq2Seq: sharedEmbedding needs one vocabulary, got sizes ${source} and ${target}.`,
    );
  }
  return completeBlocks(complete);
}
