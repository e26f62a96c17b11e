import { join } from "node:path";
import type { WordVectors } from "../../data/index.js";
import { OptionError, withArticle } from "../../errors.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { Completed } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import { oneCell, printer } from "../print.js";
import type { Ability, CliKind } from "../verbs.js";
import { neighbourhoods, writeVectorReport } from "../writeVectorReport.js";
import { historyIn, inspect, withTerminal } from "./inspect.js";
import { wordFlags } from "./inspectVectors.js";

/** A model of text that has a vector for each token, and may make one for a word that is none. */
type VectorModel = TextModel & { wordVectors(words?: readonly string[]): Promise<WordVectors> };

type Options = ExecutorOptions &
  Completed<typeof wordFlags> & { text?: string[]; out?: string; terminal: boolean; json: boolean };

/** Curves, the vectors that a model of text reads, their map, and what lies near words. */
export function inspectEmbedding<M extends VectorModel>(describe: CliKind<M>["describe"]): Ability {
  return {
    verb: inspect,
    options: (command) => withTerminal(withOptions(command, wordFlags)),
    run: (folder: string, options: Options) => show<M>(folder, describe, options),
  };
}

async function show<M extends VectorModel>(
  folder: string,
  describe: CliKind<M>["describe"],
  options: Options,
): Promise<void> {
  const { terminal, text, out, words = null } = options;
  await untilInterrupted(async () => {
    const print = printer(options);
    const history = await historyIn(folder);
    const model = await modelFrom<M>(folder, options);
    if (text !== undefined) {
      const kind = withArticle(model.kind.name);
      throw new OptionError(`inspect: the report of ${kind} shows its vectors and reads nothing: leave out --text.`, [
        "text",
      ]);
    }
    const vectors = await vectorsOf(model, words);
    if (!terminal) {
      const file = out ?? join(folder, "report.html");
      const description = describe(model);
      await writeVectorReport({ model, description, vectors, folder, history, agreement: [], words, file });
      print.object({ report: file });
      print.line(`The report is in ${file}: open it in a browser.`);
      return;
    }
    const neighbours = neighbourhoods(vectors, words);
    print.object({ neighbours });
    const width = Math.max(...neighbours.map(({ word }) => oneCell(word).length));
    for (const { word, near } of neighbours) {
      const others = near.map((other) => `${oneCell(other.word)} (${other.similarity.toFixed(2)})`);
      print.line(`${oneCell(word).padEnd(width)}  ${others.join(", ")}`);
    }
  });
}

/** The vectors of a model's tokens, and of the words that are asked for, where it can make them. */
async function vectorsOf(model: VectorModel, words: readonly string[] | null): Promise<WordVectors> {
  const { tokenizer } = model;
  const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
  const others = words?.filter((word) => [word, word.toLowerCase()].every((form) => tokenizer.id(form) === undefined));
  return model.wordVectors(others && [...tokens, ...new Set(others)]);
}
