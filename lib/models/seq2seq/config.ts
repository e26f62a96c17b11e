import { OptionError } from "../../errors.js";
import { scorers } from "../../nn/attention.js";
import type { CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { layerCount } from "../../nn/recurrent.js";
import { recurrentNoiseRules } from "../../nn/recurrentNoise.js";
import type { OptionsOf } from "../../options.js";
import { flag, option, optional, real, table, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell } from "../cellConfig.js";

/** The architecture of an encoder-decoder. Options of its cell stand beside the others. @interface */
export type Seq2SeqConfig = OptionsOf<typeof seq2seqRules> & CellOptions;

const size = whole({ minimum: 1 });

/** The rules of the architecture's options. */
export const seq2seqRules = table("Seq2Seq", {
  /** Tokens of the source's vocabulary. */
  sourceVocabularySize: option(size, { flag: null, aka: ["src_vocab_size"] }),
  /** Tokens of the target's vocabulary. */
  targetVocabularySize: option(size, { flag: null, aka: ["tgt_vocab_size"] }),
  /** Recurrent cell of encoder and decoder: the library's, or one that registerCell has added. Default gru. */
  cell: cellNamed("gru"),
  /** H: units of a layer of the decoder. Default 256. */
  hiddenSize: option(whole({ minimum: 1, initial: 256 }), { aka: ["hidden", "units", "rnn_size", "d_model"] }),
  /** Units of each direction of the encoder. Default: as `hiddenSize`. */
  encoderSize: option(optional(size), { aka: ["encoder_hidden_size", "enc_rnn_size"] }),
  /** E: size of token vectors. Default: as `hiddenSize`. */
  embeddingSize: option(optional(size), { aka: ["embedding", "embedding_dim", "word_vec_size"] }),
  /** Layers of the encoder, at most 1000. Default 1. */
  encoderLayers: option(layerCount(1), { aka: ["enc_layers", "num_encoder_layers"] }),
  /** Layers of the decoder, at most 1000. Default 1. */
  decoderLayers: option(layerCount(1), { aka: ["dec_layers", "num_decoder_layers"] }),
  /** Read the source in both directions. Default true. */
  bidirectional: option(flag(true), { aka: ["brnn"] }),
  /** Score of attention (see Attention), or "none": the encoder's last state is all that the decoder gets. Default additive. */
  attention: option(word([...scorers, "none"], "additive"), { aka: ["global_attention", "attention_type"] }),
  /**
   * When a step looks at the source: "before" it, with the state from before, so that it reads the context (Bahdanau et al. 2015);
   * or "after" it, with its own state, so that only the output reads the context (Luong et al. 2015). Default "after".
   */
  attend: option(word(["before", "after"], "after"), { needs: { attention: scorers } }),
  /** Let a step read what the step before made of state and context (Luong et al. 2015, 3.3). Default false. */
  inputFeeding: option(flag(), { aka: ["input_feed"], needs: { attention: scorers, attend: ["after"] } }),
  /**
   * Without attention: the decoder gets the encoder's last state only as its first state ("start", Sutskever et al. 2014), or
   * at "every" step too (Cho et al. 2014). Default "start".
   */
  context: option(word(["start", "every"], "start"), { needs: { attention: ["none"] } }),
  /** Dropout on embeddings, between layers and before the output layer. Default 0. */
  dropout: option(real({ minimum: 0, below: 1, initial: 0 }), { aka: ["dropout_rate", "p"] }),
  ...recurrentNoiseRules,
  /** Share the target's embedding table with the output layer. Default false. */
  tied: option(flag(), { aka: ["tie_weights", "share_decoder_embeddings"] }),
  /** Share one embedding table, and so one vocabulary, between source and target. Default false. */
  sharedEmbedding: option(flag(), { aka: ["shared", "share_embeddings", "share_all_embeddings"] }),
  /** Share the weights of the layers between encoder and decoder. Default false. */
  sharedStack: option(flag(), { needs: { bidirectional: [false], context: ["start"], inputFeeding: [false] } }),
});

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
export function completeSeq2SeqConfig(config: Seq2SeqConfig): CompleteConfig<Seq2SeqConfig> {
  const who = "Seq2Seq";
  const own = completeWithCell(who, config, { table: seq2seqRules, first: "none" });
  const { hiddenSize, encoderSize = hiddenSize, embeddingSize = hiddenSize } = own;
  const complete: CompleteConfig<Seq2SeqConfig> = { ...own, encoderSize, embeddingSize };
  const refuse = (message: string) => {
    throw new OptionError(`${who}: ${message}`);
  };
  if (complete.sharedEmbedding && complete.sourceVocabularySize !== complete.targetVocabularySize) {
    refuse(
      `sharedEmbedding needs one vocabulary, got sizes ${complete.sourceVocabularySize} and ${complete.targetVocabularySize}.`,
    );
  }
  if (complete.sharedStack) {
    const { encoderLayers, decoderLayers, attention, attend } = complete;
    if (encoderSize !== hiddenSize || encoderLayers !== decoderLayers) {
      refuse(
        `sharedStack needs an encoder as large as the decoder, got ${encoderLayers} x ${encoderSize} and ${decoderLayers} x ${hiddenSize}.`,
      );
    }
    if (attention !== "none" && attend === "before") {
      refuse("sharedStack needs a decoder that reads embeddings only: attend after the step.");
    }
  }
  return complete;
}
