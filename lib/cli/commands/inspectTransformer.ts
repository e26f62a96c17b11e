import { join } from "node:path";
import type { Command } from "commander";
import type { Tokenizer } from "../../data/index.js";
import { OptionError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { TransformerLanguageModel } from "../../models/transformerLanguageModel/transformerLanguageModel.js";
import { renderReport } from "../../viz/index.js";
import { describeTransformer } from "../describeTransformer.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { printer } from "../print.js";
import { withLineOptions } from "../reading.js";
import { figuresOf, summaryOf } from "../reportFigures.js";
import { corpusLike } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { historyIn, inspect } from "./inspect.js";

/** Tokens of the text whose attention is drawn: more would be too small to see. */
const mostTokens = 40;

type Options = ExecutorOptions & { text?: readonly string[]; out?: string; json?: boolean };

/** Curves, and which token looks at which, by head. */
export const inspectTransformer: Ability = { verb: inspect, options: withLineOptions, run: showHeads };

async function showHeads(folder: string, options: Options, command: Command): Promise<void> {
  const { text: files = [], out: file = join(folder, "report.html"), json = false } = options;
  if (files.length > 1) throw new OptionError("inspect: --text of a language model is one file.");
  await untilInterrupted(async (signal) => {
    const history = await historyIn(folder);
    const model = await modelFrom<TransformerLanguageModel>(folder, options);
    const text = await textFor(model, folder, { files, command, signal });
    const html = renderReport({
      title: folder,
      summary: summaryOf(describeTransformer(model), history?.steps.at(-1)),
      figures: figuresOf({ history, seconds: history?.seconds ?? 0, parameterCount: model.parameterCount }),
      configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
      ...(history ? { history } : {}),
      // A model that writes only ends of lines has nothing to show; a file without a text is refused.
      ...(text === "" && files.length === 0 ? {} : { heads: await model.attention(text) }),
    });
    await writeFileAtomically(file, html);
    const print = printer({ json });
    print.object({ report: file });
    print.line(`The report is in ${file}: open it in a browser.`);
  });
}

/** The first tokens of the file, or as many that the model writes itself, on one line in a model of sentences. */
async function textFor(
  model: TransformerLanguageModel,
  folder: string,
  options: { files: readonly string[]; command: Command; signal: AbortSignal },
): Promise<string> {
  const { files, command, signal } = options;
  const { windowLength, config } = model.network;
  // A line is read with its beginning.
  const length = Math.min(mostTokens, config.sentences ? windowLength - 1 : windowLength);
  let text = "";
  if (files.length === 0) {
    const drawing = { end: "never", maximumLength: mostTokens, temperature: 0.7, seed: 1, signal } as const;
    for await (const piece of model.generate(drawing)) text += piece;
  } else {
    for await (const piece of (await corpusLike(folder, files, { command, owner: "inspect --text" })).pieces()) {
      text += piece;
      // A token is seldom longer than this.
      if (text.trim().length > 20 * length) break;
    }
  }
  const shown = config.sentences ? (text.split("\n").find((line) => line.trim() !== "") ?? "") : text;
  return firstTokens(model.tokenizer, shown, length);
}

/** The beginning of a text that has at most some tokens, without characters that are cut apart. */
function firstTokens(tokenizer: Tokenizer, text: string, most: number): string {
  const ids = tokenizer.encode(text);
  if (ids.length <= most) return text;
  for (let count = most; count > 0; count--) {
    const decoder = tokenizer.decoder();
    const beginning = Array.from(ids.subarray(0, count), (id) => decoder.push(id)).join("");
    // Text is not always parted as it was where it ends elsewhere.
    if (tokenizer.encode(beginning).length <= most) return beginning;
  }
  return "";
}
