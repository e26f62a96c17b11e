import type { Command } from "commander";
import { Option } from "commander";
import { OptionError } from "../../errors.js";
import type { GenerateOptions } from "../../models/languageModel/generation.js";
import type { LanguageModel } from "../../models/languageModel/languageModel.js";
import type { TextEnd } from "../../models/languageModel/textEnd.js";
import { textEnds } from "../../models/languageModel/textEnd.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { given, number, penalty, whole } from "../options.js";
import { resultPieces, results } from "../output.js";
import { printer } from "../print.js";
import type { Ability } from "../verbs.js";

interface Options extends ExecutorOptions {
  prompt?: string;
  maximumTokens?: number;
  temperature?: number;
  topK?: number;
  topP?: number;
  seed?: number;
  end?: TextEnd;
  stop?: string[];
  count?: number;
  beams?: number;
  nBest?: number;
  lengthPenalty?: number | "average";
  next?: number;
  json?: boolean;
}

export const generate: Ability = {
  verb: { name: "generate", description: "write text" },
  options: withGenerateOptions,
  run: write,
};

function withGenerateOptions(command: Command): Command {
  return command
    .option("-p, --prompt <text>", "text to continue")
    .option("-n, --maximum-tokens <n>", "tokens to write at most (default: 500)", whole)
    .option("-t, --temperature <x>", "0 takes the most probable token, above 1 is daring (default: 1)", number)
    .option("--top-k <k>", "only the k most probable tokens", whole)
    .option("--top-p <p>", "only the most probable tokens that together reach p", number)
    .option("--seed <n>", "the same seed writes the same text (default: a new one)", whole)
    .addOption(
      new Option(
        "--end <where>",
        "where a text ends by itself (default: line for a model of lines, else never)",
      ).choices(textEnds),
    )
    .option("--stop <text>", "stop before this text; may be given several times", collected)
    .option("--count <n>", "how many texts to write, side by side (default: 1)", whole)
    .option("--beams <n>", "search for the likeliest text with n beams, instead of drawing one", whole)
    .option("--n-best <n>", "how many of the likeliest to print, by search (default: 1)", whole)
    .option("--length-penalty <x>", "what favours long texts: a power, or average, with --beams (default: 0)", penalty)
    .option("--next <n>", "print the n likeliest next tokens and their probabilities, instead of writing", whole)
    .option("--json", "print one JSON object for each text");
}

function collected(text: string, before: string[] = []): string[] {
  return [...before, text];
}

/** The ways to write, each with the options that only it has. */
const ways = {
  next: { does: "--next tells what comes next", options: [] },
  search: { does: "--beams searches", options: ["beams", "nBest", "lengthPenalty"] },
  draw: {
    does: "without --beams or --next texts are drawn",
    options: ["temperature", "topK", "topP", "seed", "count"],
  },
} as const;

async function write(folder: string, options: Options): Promise<void> {
  const way = wayOf(options);
  const model = await modelFrom<LanguageModel>(folder, options);
  noteUnknown(model, options);
  const { maximumTokens, temperature, topK, topP, stop, end } = options;
  const seed = options.seed ?? Math.floor(Math.random() * 2 ** 31);
  const work = async (signal: AbortSignal) => {
    const drawing = { ...given({ maximumTokens, temperature, topK, topP, stop, end }), seed, signal };
    if (way === "next") await writeNext(model, options);
    else if (way === "search") await writeLikeliest(model, options, signal);
    else if (options.count !== undefined || options.json) await writeAll(model, options, drawing);
    else await writeOne(model, options.prompt, drawing);
  };
  await untilInterrupted(work, () => results.write("\n"));
}

/** @throws OptionError for options that contradict each other. */
function wayOf(options: Options): keyof typeof ways {
  const { next, beams, nBest, stop = [], end } = options;
  const way = next !== undefined ? "next" : beams !== undefined || nBest !== undefined ? "search" : "draw";
  for (const [other, { options: names }] of Object.entries(ways)) {
    const wrong = other === way ? undefined : names.find((name) => options[name] !== undefined);
    if (wrong === undefined) continue;
    const dashed = `--${wrong.replace(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)}`;
    const advice = way === "draw" ? "add --beams 5" : "leave one of them out";
    throw new OptionError(`generate: ${dashed} has no effect here, for ${ways[way].does}: ${advice}.`);
  }
  if (way === "search" && stop.length > 0 && (stop.some((text) => text !== "\n") || end !== undefined)) {
    throw new OptionError(
      "generate: a search cannot stop before a text; it ends where --end says, such as --end line.",
    );
  }
  if (way === "next" && (stop.length > 0 || end !== undefined)) {
    throw new OptionError("generate: --next writes no text that could stop or end: leave out --stop and --end.");
  }
  return way;
}

/** Says how much of a prompt the model does not know. */
function noteUnknown({ tokenizer }: LanguageModel, { prompt = "", json = false }: Options): void {
  const ids = tokenizer.encode(prompt);
  const unknown = ids.filter((id) => id === tokenizer.special.unknown).length;
  if (unknown === 0) return;
  printer({ json }).note(
    `${unknown} of ${ids.length} tokens of the prompt are unknown to the model, and read as <unk>.`,
  );
}

/** Prints the next tokens, likeliest first. */
async function writeNext(model: LanguageModel, { prompt = "", next, json }: Options): Promise<void> {
  const { tokens, unknown } = await model.nextTokens(prompt, { top: next as number });
  if (json) results.json({ prompt, unknown, tokens });
  else for (const { token, probability } of tokens) results.write(`${probability.toFixed(4)}  ${token}\n`);
}

/** The likeliest, best first. */
async function writeLikeliest(model: LanguageModel, options: Options, signal: AbortSignal): Promise<void> {
  const { prompt = "", nBest = 1, lengthPenalty, maximumTokens: maximumLength = 500, stop, json } = options;
  const beams = options.beams ?? Math.max(5, nBest);
  const end = stop === undefined ? options.end : ("line" as const);
  const { texts } = await model.beamSearch({
    ...given({ lengthPenalty, end }),
    ...{ beams, nBest, prompt, maximumLength, signal },
  });
  const gap = gapBetween(texts.map(({ text }) => prompt + text));
  for (const [i, { text, score, tokens, ended }] of texts.entries()) {
    if (json) results.json({ place: i, prompt, text, score, ended, tokens });
    else results.write(`${i > 0 ? gap : ""}${prompt}${text}\n`);
  }
}

/** A blank line between texts of several lines, nothing between those of one. */
function gapBetween(texts: readonly string[]): string {
  return texts.some((text) => text.includes("\n")) ? "\n" : "";
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
  const { prompt = "", count = 1, json } = options;
  const prompts = prompt === "" ? { count } : { prompts: Array.from({ length: count }, () => prompt) };
  const texts = await model.generateAll({ ...drawing, ...prompts });
  const gap = gapBetween(texts.map((text) => prompt + text));
  for (const [i, text] of texts.entries()) {
    const { seed } = drawing;
    if (json) results.json({ seed, place: i, prompt, text });
    else results.write(`${i > 0 ? gap : ""}${prompt}${text}\n`);
  }
}
