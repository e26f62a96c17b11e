import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { NgramModel } from "../../models/ngramModel/ngramModel.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { count, oneCell, printer } from "../print.js";
import { withLineOptions } from "../reading.js";
import { corpusLike } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { inspect } from "./inspect.js";
import { describeNgramModel } from "./trainNgram.js";

/** Characters of a text that are looked at. */
const mostCharacters = 20_000;

/** The n-grams of a model, and which of them each token of a text was predicted from. */
export const inspectNgrams: Ability = { verb: inspect, options: withLineOptions, run: show };

interface Options extends ExecutorOptions {
  text?: string[];
  out?: string;
  json: boolean;
}

async function show(folder: string, options: Options, command: Command): Promise<void> {
  if (options.out !== undefined) {
    throw new OptionError("inspect: an NgramModel is shown here and not in a report: leave out --out.", ["out"]);
  }
  const print = printer(options);
  const model = await modelFrom<NgramModel>(folder, options);
  const { counts } = model.network.config;
  const text = await textOf(folder, options, command);
  const read = text === "" ? null : await model.logProbability(text);
  print.object({ counts, ...(read ?? {}) });
  print.line(`${describeNgramModel(model)}: ${counts.map((size, i) => `${count(size)} ${i + 1}-grams`).join(", ")}.`);
  if (!read) return;
  print.line("\nlog p (nats)  probability  order  token");
  for (const { token, logProbability, order, unknown } of read.tokens) {
    const figures = [logProbability.toFixed(4).padStart(12), Math.exp(logProbability).toPrecision(4).padStart(11)];
    print.line(`${figures.join("  ")}  ${String(order).padStart(5)}  ${oneCell(token)}${unknown ? "  (unknown)" : ""}`);
  }
  print.line(`${read.total.toFixed(4).padStart(12)}  in all`);
}

/** The beginning of the files, "" where there are none. */
async function textOf(folder: string, { text: files = [] }: Options, command: Command): Promise<string> {
  if (files.length === 0) return "";
  let text = "";
  for await (const piece of (await corpusLike(folder, files, { command, owner: "inspect --text" })).pieces()) {
    text += piece;
    if (text.length > mostCharacters) break;
  }
  return text.slice(0, mostCharacters);
}
