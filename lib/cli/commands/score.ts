import { Command } from "commander";
import type { Pair } from "../../data/index.js";
import { readLines } from "../../data/index.js";
import { counted, InputError, OptionError } from "../../errors.js";
import { scoreTexts } from "../../metrics/index.js";
import { textScoreRules } from "../../metrics/textMetric.js";
import type { Completed } from "../../options.js";
import { flag, list, optional, table, text } from "../../options.js";
import { optionsIn, withOptions } from "../options.js";
import { readPairs } from "../pairFiles.js";
import { countOf, printer } from "../print.js";
import { printScores } from "../printScores.js";
import type { Reading } from "../reading.js";
import { expectTable, readingOf, withColumnOptions } from "../reading.js";

const flags = table("score", {
  /** Files of references, line by line, in place of pairs. Default: none. */
  references: optional(list(text({ as: "file" }))),
  ...textScoreRules,
  /** Print one JSON object. */
  json: flag(),
});

type Options = Completed<typeof flags>;

export function scoreCommand(): Command {
  const command = new Command("score")
    .description("measure texts that are there already, whoever wrote them, against references")
    .argument("<texts>", "a file with a text a line, as `evaluate --output` and `translate` write")
    .argument(
      "[pairs...]",
      "what `evaluate` reads: a table, or a file of sources and one or more of references; a source may occur several times",
    );
  return withColumnOptions(withOptions(command, flags)).action(score);
}

async function score(file: string, files: string[], options: Options, command: Command): Promise<void> {
  const print = printer(options);
  if (files.length > 0 === (options.references !== undefined)) {
    throw new OptionError(
      "score: expected something to compare with: pairs (a table, or files of sources and references), or else --references.",
    );
  }
  expectTable(command, files);
  const texts = await readLines(file);
  const { hypotheses, references } =
    options.references === undefined
      ? await fromPairs(file, texts, { files, reading: readingOf(command) })
      : await fromReferences(file, texts, options.references);
  const scores = scoreTexts(hypotheses, references, optionsIn(command, textScoreRules));
  const total = references.reduce((sum, list) => sum + list.length, 0);
  print.object({ texts: hypotheses.length, references: total, ...scores });
  print.line(`${countOf(hypotheses.length, "text")}, ${countOf(total, "reference")}:`);
  printScores(print, scores, options.unit);
}

interface Compared {
  hypotheses: string[];
  references: string[][];
}

/** Each line of texts belongs to a row of pairs; its references are all targets that its source has anywhere. */
async function fromPairs(
  file: string,
  texts: readonly string[],
  { files, reading }: { files: readonly string[]; reading: Reading },
): Promise<Compared> {
  const { pairs, targets } = await readPairs(files, reading, "score");
  const rows = pairs.length / targets;
  expectAsMany(
    file,
    texts.length,
    `${files.join(" and ")} ${files.length > 1 ? "have" : "has"} ${counted(rows, "row")}`,
    rows,
  );
  const bySource = new Map<string, string[]>();
  for (const { source, target } of pairs) bySource.set(source, [...(bySource.get(source) ?? []), target]);
  // The text of a source that occurs again counts once, as `evaluate` writes it once.
  const seen = new Set<string>();
  const compared: Compared = { hypotheses: [], references: [] };
  for (const [row, text] of texts.entries()) {
    const { source } = pairs[row * targets] as Pair;
    const key = JSON.stringify([source, text]);
    if (seen.has(key)) continue;
    seen.add(key);
    compared.hypotheses.push(text);
    compared.references.push(bySource.get(source) as string[]);
  }
  return compared;
}

async function fromReferences(file: string, texts: readonly string[], files: readonly string[]): Promise<Compared> {
  const columns: string[][] = [];
  for (const name of files) {
    const lines = await readLines(name);
    expectAsMany(file, texts.length, `${name} has ${counted(lines.length, "line")}`, lines.length);
    columns.push(lines);
  }
  return { hypotheses: [...texts], references: texts.map((_, i) => columns.map((lines) => lines[i] as string)) };
}

function expectAsMany(file: string, texts: number, what: string, wanted: number): void {
  if (texts === wanted) return;
  throw new InputError(`score: ${file} has ${counted(texts, "line")}, and ${what}: expected a text for each.`);
}
