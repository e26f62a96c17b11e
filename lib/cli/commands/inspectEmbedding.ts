import { join } from "node:path";
import type { Command } from "commander";
import { WordVectors } from "../../data/index.js";
import { OptionError, withArticle } from "../../errors.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { TokenNetwork } from "../../models/textModel/tokenNetwork.js";
import type { Embedding } from "../../nn/embedding.js";
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

/** A model of text that reads rows of a table of vectors. */
type EmbeddingModel = TextModel<TokenNetwork & { readonly embedding: Embedding }>;

type Options = ExecutorOptions &
  Completed<typeof wordFlags> & { text?: string[]; out?: string; terminal: boolean; json: boolean };

/** Curves, the table of vectors that a model of text reads, their map, and what lies near words. */
export function inspectEmbedding<M extends EmbeddingModel>(describe: CliKind<M>["describe"]): Ability {
  return {
    verb: inspect,
    options: (command) => withTerminal(withOptions(command, wordFlags)),
    run: (folder: string, options: Options, _: Command) => show<M>(folder, describe, options),
  };
}

async function show<M extends EmbeddingModel>(
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
    const vectors = await tableOf(model);
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

/** The vectors of a model's tokens: the last rows of its table, which may have others before them, for what stands before a text. */
async function tableOf({ network: { embedding }, store, tokenizer }: EmbeddingModel): Promise<WordVectors> {
  const [, size] = embedding.weight.shape as [number, number];
  const values = Float32Array.from(await store.read(embedding.weight.name));
  const tokens = Array.from({ length: tokenizer.size }, (_, id) => tokenizer.token(id));
  return new WordVectors(tokens, values.slice(-tokens.length * size), size);
}
