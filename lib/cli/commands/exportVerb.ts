import type { Completed } from "../../options.js";
import { flag, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { withOptions } from "../options.js";
import type { Verb } from "../verbs.js";

const flags = table("export", {
  /** Print one JSON object. */
  json: flag(),
});

/** The options of every export. */
export type ExportOptions = ExecutorOptions & Completed<typeof flags>;

/** Writing a model for other programs. */
export const exportVerb: Verb = {
  name: "export",
  description: "write a model for other programs: as graphs of ONNX, or word vectors as a file of word2vec",
  arguments: [
    [
      "<out>",
      "folder for the graphs, which onnxruntime and others run; of word vectors the file, or - for standard output",
    ],
  ],
  options: (command) => withOptions(command, flags),
};
