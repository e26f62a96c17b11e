import { OptionError } from "../../errors.js";
import { scorers } from "../../nn/attention.js";
import type { CellName, CellOptions } from "../../nn/cellRegistry.js";
import { cellNamed } from "../../nn/cellRegistry.js";
import { layerCount } from "../../nn/recurrent.js";
import type { TableFor } from "../../options.js";
import { flag, optional, real, whole, word } from "../../options.js";
import type { CompleteConfig } from "../cellConfig.js";
import { completeWithCell } from "../cellConfig.js";

/** The architecture of an encoder-decoder. Options of its cell stand beside the others. */
export interface Seq2SeqConfig extends CellOptions {
  sourceVocabularySize: number;
  targetVocabularySize: number;
  /** Recurrent cell of encoder and decoder: the library's, or one that registerCell has added. Default "gru". */
  cell?: CellName;
  /** H of the decoder. Default 256. */
  hiddenSize?: number;
  /** H of each direction of the encoder. Default: hiddenSize. */
  encoderSize?: number;
  /** E. Default: hiddenSize. */
  embeddingSize?: number;
  /** Layers of the encoder, at most 1000. Default 1. */
  encoderLayers?: number;
  /** Layers of the decoder, at most 1000. Default 1. */
  decoderLayers?: number;
  /** Whether the encoder reads the source in both directions. Default true. */
  bidirectional?: boolean;
  /** Scores of attention (see AttentionOptions), or "none": the encoder's last state is all that the decoder gets. Default "additive". */
  attention?: (typeof scorers)[number] | "none";
  /**
   * When a step looks at the source: "before" it, with the state from before, so that it reads the context (Bahdanau et al. 2015);
   * or "after" it, with its own state, so that only the output reads the context (Luong et al. 2015). Default "after".
   */
  attend?: "before" | "after";
  /** The step reads what the step before made of state and context (Luong et al. 2015, 3.3). Only with "after". Default false. */
  inputFeeding?: boolean;
  /**
   * Without attention: the decoder gets the encoder's last state only as its first state ("start", Sutskever et al. 2014), or
   * at "every" step too (Cho et al. 2014). Default "start".
   */
  context?: "start" | "every";
  /** On embeddings, between layers and before the output layer. Default 0. */
  dropout?: number;
  /** The output layer shares the target's embedding table. Default false. */
  tied?: boolean;
  /** Source and target share one embedding table, and so one vocabulary. Default false. */
  sharedEmbedding?: boolean;
  /** The decoder is the encoder's stack: the same weights read and write. Only for encoders in one direction. Default false. */
  sharedStack?: boolean;
}

const size = (initial?: number) => whole({ minimum: 1, ...(initial === undefined ? {} : { initial }) });

/** The rules of the architecture's options. */
export const seq2seqRules = {
  sourceVocabularySize: size(),
  targetVocabularySize: size(),
  cell: cellNamed("gru"),
  hiddenSize: size(256),
  encoderSize: optional(size()),
  embeddingSize: optional(size()),
  encoderLayers: layerCount(1),
  decoderLayers: layerCount(1),
  bidirectional: flag(true),
  attention: word([...scorers, "none"], "additive"),
  attend: word(["before", "after"], "after"),
  inputFeeding: flag(),
  context: word(["start", "every"], "start"),
  dropout: real({ minimum: 0, below: 1, initial: 0 }),
  tied: flag(),
  sharedEmbedding: flag(),
  sharedStack: flag(),
} satisfies TableFor<Omit<Seq2SeqConfig, keyof CellOptions>>;

/** A configuration with every default filled in. @throws OptionError for what does not fit. */
export function completeSeq2SeqConfig(config: Seq2SeqConfig): CompleteConfig<Seq2SeqConfig> {
  const who = "Seq2Seq";
  const given = completeWithCell(who, config, { table: seq2seqRules, first: "none" });
  const { hiddenSize, encoderSize = hiddenSize, embeddingSize = hiddenSize } = given;
  const complete: CompleteConfig<Seq2SeqConfig> = { ...given, encoderSize, embeddingSize };
  const refuse = (message: string) => {
    throw new OptionError(`${who}: ${message}`);
  };
  const attends = complete.attention !== "none";
  // A completed configuration names the default too.
  if (!attends && complete.attend === "before") refuse("attend says when to look at the source, and attention is off.");
  if (!attends && complete.inputFeeding) refuse("inputFeeding feeds back what attention made, and attention is off.");
  if (attends && complete.context === "every") refuse('context "every" belongs to models without attention.');
  if (attends && complete.attend === "before" && complete.inputFeeding) {
    refuse('inputFeeding belongs to attend "after": a step that attends before it reads the context already.');
  }
  if (complete.sharedEmbedding && complete.sourceVocabularySize !== complete.targetVocabularySize) {
    refuse(
      `sharedEmbedding needs one vocabulary, got sizes ${complete.sourceVocabularySize} and ${complete.targetVocabularySize}.`,
    );
  }
  if (complete.sharedStack) {
    const { bidirectional, encoderLayers, decoderLayers, context, inputFeeding } = complete;
    if (bidirectional) refuse("sharedStack needs an encoder in one direction: set bidirectional to false.");
    if (encoderSize !== hiddenSize || encoderLayers !== decoderLayers) {
      refuse(
        `sharedStack needs an encoder as large as the decoder, got ${encoderLayers} x ${encoderSize} and ${decoderLayers} x ${hiddenSize}.`,
      );
    }
    if (context === "every" || inputFeeding || (attends && complete.attend === "before")) {
      refuse("sharedStack needs a decoder that reads embeddings only: no context, and attention after the step.");
    }
  }
  return complete;
}
