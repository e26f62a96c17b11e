import { Command } from "commander";
import { InputError, OptionError } from "../../errors.js";
import type { GenerateOptions } from "../../models/generation.js";
import { LanguageModel } from "../../models/languageModel.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, number, penalty, whole } from "../options.js";
import { resultPieces, results } from "../output.js";

interface Options extends ExecutorOptions {
  prompt?: string;
  maximumTokens?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: number;
  stop?: string;
  count: number;
  beams?: number;
  nBest?: number;
  lengthPenalty?: number | "average";
  json?: boolean;
}

export function generateCommand(): Command {
  const command = new Command("generate")
    .description("write text with a language model")
    .argument("<model>", "folder of a trained model")
    .option("-p, --prompt <text>", "text to continue")
    .option("-n, --maximum-tokens <n>", "tokens to write at most (default: 500)", whole)
    .option("-t, --temperature <x>", "0 takes the most probable token, above 1 is daring (default: 1)", number)
    .option("--top-k <k>", "only the k most probable tokens", whole)
    .option("--top-p <p>", "only the most probable tokens that together reach p", number)
    .option("--seed <n>", "the same seed writes the same text (default: a new one)", whole)
    .option("--stop <text>", "stop before this text")
    .option("--count <n>", "how many texts to write, side by side", whole, 1)
    .option("--beams <n>", "search for the likeliest text with n beams, instead of drawing one", whole)
    .option("--n-best <n>", "how many of the likeliest to print, with --beams (default: 1)", whole)
    .option("--length-penalty <x>", "what favours long texts: a power, or average, with --beams (default: 0)", penalty)
    .option("--json", "print one JSON object for each text");
  return withExecutorOptions(command).action(generate);
}

async function generate(folder: string, options: Options): Promise<void> {
  if (options.count < 1) throw new InputError("generate: --count must be at least 1.");
  expectOneWay(options);
  const model = await LanguageModel.load(folder, { executor: executorFrom(options) });
  const { maximumTokens, temperature, topK, topP, stop } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const write = async (signal: AbortSignal) => {
    const drawing = { ...given({ maximumTokens, temperature, topK, topP, stop }), seed, signal };
    if (options.beams !== undefined) await writeLikeliest(model, options, signal);
    else if (options.count > 1 || options.json) await writeAll(model, options, drawing);
    else await writeOne(model, options.prompt, drawing);
  };
  await untilInterrupted(write, () => results.write("\n"));
}

/** A text is drawn or searched for. @throws OptionError for options of both. */
function expectOneWay({ beams, count, stop, ...options }: Options): void {
  const flags = beams === undefined ? ["nBest", "lengthPenalty"] : ["temperature", "topK", "topP", "seed"];
  const wrong = flags.find((flag) => options[flag as keyof typeof options] !== undefined);
  const dashed = `--${wrong?.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
  if (beams === undefined) {
    if (wrong) throw new OptionError(`generate: ${dashed} belongs to search; add --beams 5.`);
    return;
  }
  if (wrong)
    throw new OptionError(`generate: ${dashed} belongs to drawing, and --beams searches: leave one of them out.`);
  if (count > 1) throw new OptionError("generate: --count draws several texts; with --beams it is --n-best.");
  if (stop !== undefined && stop !== "\n") {
    throw new OptionError("generate: with --beams, --stop can only be the end of a line, $'\\n'.");
  }
}

/** The likeliest, best first. */
async function writeLikeliest(model: LanguageModel, options: Options, signal: AbortSignal): Promise<void> {
  const { prompt = "", beams, nBest, lengthPenalty, maximumTokens: maximumLength = 500, stop, json } = options;
  const end = stop === undefined ? undefined : ("line" as const);
  const { texts } = await model.beamSearch({
    ...given({ beams, nBest, lengthPenalty, end }),
    ...{ prompt, maximumLength, signal },
  });
  for (const [i, { text, score, tokens, ended }] of texts.entries()) {
    if (json) results.json({ place: i, prompt, text, score, ended, tokens });
    else results.write(`${i > 0 ? "\n" : ""}${prompt}${text}\n`);
  }
}

/** As it comes. */
async function writeOne(model: LanguageModel, prompt: string | undefined, drawing: GenerateOptions): Promise<void> {
  // The prompt is printed with the first piece: by then it is known that the model can read it.
  let before = prompt ?? "";
  const written = resultPieces();
  for await (const piece of model.generate({ ...drawing, ...given({ prompt }) })) {
    written.push(before + piece);
    before = "";
  }
  written.end();
  results.write("\n");
}

/** Side by side. */
async function writeAll(model: LanguageModel, options: Options, drawing: GenerateOptions): Promise<void> {
  const { prompt = "", count, json } = options;
  const texts = await model.generateAll({ ...drawing, prompts: Array.from({ length: count }, () => prompt) });
  for (const [i, text] of texts.entries()) {
    const { seed } = drawing;
    if (json) results.json({ seed, place: i, prompt, text });
    else results.write(`${i > 0 ? "\n" : ""}${prompt}${text}\n`);
  }
}
