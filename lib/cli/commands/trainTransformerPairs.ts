import type { Command } from "commander";
import { transformerSeq2SeqRules } from "../../models/transformerSeq2Seq/config.js";
import { TransformerSeq2Seq } from "../../models/transformerSeq2Seq/transformerSeq2Seq.js";
import { option, table, without } from "../../options.js";
import { pairTasks } from "../pairTasks.js";
import type { PairTraining } from "../pairTraining.js";
import { pairTrainingCommand } from "../pairTraining.js";

const transformer: PairTraining = {
  kind: TransformerSeq2Seq.kind,
  flags: table("train transformer pairs", {
    /** Blocks of encoder and of decoder, 3 in each where `train transformer` has 4 in one stack. Default 3. */
    layers: option(transformerSeq2SeqRules.encoderLayers, { aka: ["num_layers"] }),
  }),
  model: without(transformerSeq2SeqRules, "sourceVocabularySize", "targetVocabularySize"),
  create: TransformerSeq2Seq.create,
};

/** The commands that train encoder-decoder Transformers. No vector of theirs holds a whole text, so there is no autoencoder. */
export function transformerPairCommands(): Command[] {
  return pairTasks
    .filter(({ copies }) => !copies)
    .map((task) =>
      pairTrainingCommand(transformer, {
        ...task,
        name: `transformer-${task.name}`,
        description: `${task.description}: a Transformer`,
      }),
    );
}
