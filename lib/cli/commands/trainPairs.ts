import type { Command } from "commander";
import { pairRules } from "../../models/pairModel/pairData.js";
import { seq2seqRules } from "../../models/seq2seq/config.js";
import { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import { option, pick, table, without } from "../../options.js";
import { cellOptions, withCells } from "../cells.js";
import { pairTasks } from "../pairTasks.js";
import type { PairTraining } from "../pairTraining.js";
import { pairTrainingCommand } from "../pairTraining.js";

const recurrent: PairTraining = {
  kind: Seq2Seq.kind,
  flags: table("train recurrent pairs", {
    ...pick(pairRules, "teacherForcing"),
    /** Layers of encoder and of decoder. Default 1. */
    layers: option(seq2seqRules.encoderLayers, { aka: ["num_layers"] }),
  }),
  model: without(seq2seqRules, "sourceVocabularySize", "targetVocabularySize", "cell"),
  others: { add: (command) => withCells(command, seq2seqRules.cell.initial), typed: cellOptions },
  create: Seq2Seq.create,
};

/** The commands that train recurrent encoder-decoders: what copies a text has one vector to keep it in, so no attention. */
export function pairCommands(): Command[] {
  return pairTasks.map((task) =>
    pairTrainingCommand(recurrent, { ...task, defaults: { attention: task.copies ? "none" : "additive" } }),
  );
}
