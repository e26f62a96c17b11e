import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { BeamTextOptions } from "../../models/textModel/beamTexts.js";
import { beamTextRules } from "../../models/textModel/beamTexts.js";
import type { GenerateOptions } from "../../models/textModel/generation.js";
import { generateAllRules, generateRules } from "../../models/textModel/generation.js";
import type { NextTokensOptions } from "../../models/textModel/nextTokens.js";
import { nextTokensRules } from "../../models/textModel/nextTokens.js";
import type { TextEnd } from "../../models/textModel/textEnd.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { OptionTable } from "../../options.js";
import { flag, pick, table } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { flagOf, given, typedOptions, withOptions } from "../options.js";
import { resultPieces, results } from "../output.js";
import { printer } from "../print.js";
import type { Ability } from "../verbs.js";

const flags = table("generate texts", {
  ...pick(generateRules, "prompt", "maximumLength", "end", "stop"),
  /** Print one JSON object for each text. */
  json: flag(),
});

interface Options extends ExecutorOptions {
  prompt?: string;
  stop?: string[];
  end?: TextEnd;
  json?: boolean;
}

export const generate: Ability = {
  verb: { name: "generate", description: "write text" },
  options: withGenerateOptions,
  run: write,
};

/** The ways to write, each with the options that only it has. */
const ways = {
  next: { does: "--next tells what comes next", rules: nextTokensRules },
  search: { does: "--beams searches", rules: pick(beamTextRules, "beams", "nBest", "lengthPenalty") },
  draw: {
    does: "without --beams or --next texts are drawn",
    rules: pick(generateAllRules, "count", "temperature", "topK", "topP", "seed"),
  },
} as const;

/** Adds the options that say how texts are written. */
export function withGenerateOptions(command: Command): Command {
  withOptions(command, flags, {
    notes: {
      maximumLength: `${generateRules.maximumLength.initial}; ${beamTextRules.maximumLength.initial} with --beams`,
    },
  });
  withOptions(command, ways.draw.rules, { group: "Drawing" });
  withOptions(command, ways.search.rules, { group: "Searching for the likeliest texts, with --beams or --n-best" });
  return withOptions(command, ways.next.rules, { group: "Next tokens instead of texts, with --next" });
}

async function write(folder: string, options: Options, command: Command): Promise<void> {
  const way = wayOf(options, command);
  const model = await modelFrom<TextModel>(folder, options);
  noteUnknown(model, options);
  const shared = typedOptions(command, pick(generateRules, "maximumLength", "end", "stop"));
  const work = async (signal: AbortSignal) => {
    if (way === "next") return writeNext(model, options, typedOptions(command, ways.next.rules));
    if (way === "search") {
      const search = typedOptions(command, ways.search.rules);
      return writeLikeliest(model, options, { ...search, ...given({ maximumLength: shared.maximumLength }), signal });
    }
    const { count, seed = Math.floor(Math.random() * 2 ** 31), ...sampling } = typedOptions(command, ways.draw.rules);
    const drawing = { ...shared, ...sampling, seed, signal };
    if (count !== undefined || options.json) await writeAll(model, options, { ...drawing, count: count ?? 1 });
    else await writeOne(model, options.prompt, drawing);
  };
  await untilInterrupted(work, () => results.write("\n"));
}

/** @throws OptionError for options that contradict each other. */
function wayOf({ stop = [], end }: Options, command: Command): keyof typeof ways {
  const typed = (way: keyof typeof ways) => Object.keys(typedOptions<OptionTable>(command, ways[way].rules));
  const search = typed("search").some((name) => name !== "lengthPenalty");
  const way = typed("next").length > 0 ? "next" : search ? "search" : "draw";
  for (const other of Object.keys(ways) as (keyof typeof ways)[]) {
    const [wrong] = other === way ? [] : typed(other);
    if (wrong === undefined) continue;
    const advice = way === "draw" ? "add --beams 5" : "leave one of them out";
    throw new OptionError(`generate: ${flagOf(command, wrong)} has no effect here, for ${ways[way].does}: ${advice}.`);
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
function noteUnknown({ tokenizer }: TextModel, { prompt = "", json = false }: Options): void {
  const ids = tokenizer.encode(prompt);
  const unknown = ids.filter((id) => id === tokenizer.special.unknown).length;
  if (unknown === 0) return;
  printer({ json }).note(
    `${unknown} of ${ids.length} tokens of the prompt are unknown to the model, and read as <unk>.`,
  );
}

/** Prints the next tokens, likeliest first. */
async function writeNext(model: TextModel, { prompt = "", json }: Options, options: NextTokensOptions): Promise<void> {
  const { tokens, unknown } = await model.nextTokens(prompt, options);
  if (json) results.json({ prompt, unknown, tokens });
  else for (const { token, probability } of tokens) results.write(`${probability.toFixed(4)}  ${token}\n`);
}

/** The likeliest, best first. */
async function writeLikeliest(
  model: TextModel,
  { prompt = "", stop, end, json }: Options,
  search: BeamTextOptions,
): Promise<void> {
  const beams = search.beams ?? Math.max(5, search.nBest ?? 1);
  const ending = stop === undefined ? end : ("line" as const);
  const { texts } = await model.beamSearch({ ...search, beams, prompt, ...given({ end: ending }) });
  const gap = gapBetween(texts.map(({ text }) => prompt + text));
  for (const [i, { text, score, tokens, ended }] of texts.entries()) {
    if (json) results.json({ place: i, prompt, text, score, ended, tokens });
    else results.write(`${i > 0 ? gap : ""}${prompt}${text}\n`);
  }
  if (texts[0]?.text === "") {
    printer(given({ json })).note(
      "The likeliest continuation is none: the model ends the text at once. Texts that are drawn (without --beams) are longer, and " +
        "--length-penalty 1 prefers longer ones.",
    );
  }
}

/** A blank line between texts of several lines, nothing between those of one. */
function gapBetween(texts: readonly string[]): string {
  return texts.some((text) => text.includes("\n")) ? "\n" : "";
}

/** As it comes. */
async function writeOne(model: TextModel, prompt: string | undefined, drawing: GenerateOptions): Promise<void> {
  // The prompt is printed with the first piece: by then it is known that the model can read it.
  let before = prompt ?? "";
  const written = resultPieces();
  for await (const piece of model.generate({ ...drawing, ...given({ prompt }) })) {
    written.push(before + piece);
    before = "";
  }
  if (before !== "") written.push(before);
  written.end();
  results.write("\n");
}

/** Side by side. */
async function writeAll(
  model: TextModel,
  { prompt = "", json }: Options,
  { count, ...drawing }: GenerateOptions & { count: number },
): Promise<void> {
  const prompts = prompt === "" ? { count } : { prompts: Array.from({ length: count }, () => prompt) };
  const texts = await model.generateAll({ ...drawing, ...prompts });
  const gap = gapBetween(texts.map((text) => prompt + text));
  for (const [i, text] of texts.entries()) {
    const { seed } = drawing;
    if (json) results.json({ seed, place: i, prompt, text });
    else results.write(`${i > 0 ? gap : ""}${prompt}${text}\n`);
  }
}
