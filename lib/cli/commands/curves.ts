import { stat } from "node:fs/promises";
import { basename, resolve } from "node:path";
import { Command } from "commander";
import { FileError } from "../../errors.js";
import { bestValidation, holdsModel, loadTrainerHistory, writeFileAtomically } from "../../formats/index.js";
import type { Completed } from "../../options.js";
import { flag, option, table, text, without } from "../../options.js";
import type { History } from "../../train/events.js";
import { curvesRules, curvesSVG, pad } from "../../viz/index.js";
import { optionsIn, withOptions } from "../options.js";
import { count, duration, printer } from "../print.js";

const drawingFlags = without(curvesRules, "title");

const flags = table("curves", {
  /** File of the picture. Default curves.svg. */
  out: option(text({ initial: "curves.svg", as: "file" }), { flag: "-o, --out" }),
  ...drawingFlags,
  /** Print one JSON object: the best results, and the file. */
  json: flag(),
});

export function curvesCommand(): Command {
  const command = new Command("curves")
    .description("compare trainings: their curves in one picture (SVG), and their best results in a table")
    .argument("<models...>", "folders of trained models, or of trainings that still run");
  return withOptions(command, flags).action(curves);
}

async function curves(folders: string[], options: Completed<typeof flags>, command: Command): Promise<void> {
  const { out, measure, over, json } = options;
  const print = printer({ json });
  const names = namesOf(folders);
  const runs = await Promise.all(
    folders.map(async (folder, i) => ({ name: names[i] as string, history: await historyOf(folder) })),
  );
  const picture = curvesSVG(runs, optionsIn(command, drawingFlags));
  await writeFileAtomically(out, picture);
  const results = runs.map(({ name, history }, i) => ({ name, folder: folders[i] as string, ...resultOf(history) }));
  print.object({ file: out, measure, over, runs: results });
  for (const row of tableOf(results)) print.line(row);
  print.line(`\nThe curves are in ${out}.`);
}

async function historyOf(folder: string): Promise<History & { seconds: number }> {
  const stats = await stat(folder).catch(() => null);
  if (stats && !stats.isDirectory())
    throw new FileError(`curves: ${folder} is a file, expected the folder of a model.`);
  try {
    return await loadTrainerHistory(folder);
  } catch (error) {
    if (!(error instanceof FileError) || !(await holdsModel(folder).catch(() => false))) throw error;
    throw new FileError(`curves: ${folder} holds a model without the history of its training (trainer.json).`, error);
  }
}

/** The last part of each path where that tells them apart, else the paths themselves. */
function namesOf(folders: readonly string[]): readonly string[] {
  const names = folders.map((folder) => basename(resolve(folder)));
  return new Set(names).size === names.length ? names : folders;
}

interface Result {
  updates: number;
  seconds: number;
  tokensPerSecond: number | null;
  /** The validation whose parameters were kept, and the update after which it was measured. */
  best: { loss: number; perplexity: number; bitsPerCharacter?: number; accuracy?: number; step: number } | null;
}

function resultOf({ steps, validations, seconds }: History & { seconds: number }): Result {
  const last = steps.at(-1);
  return {
    updates: Math.max(last?.step ?? 0, validations.at(-1)?.step ?? 0),
    seconds,
    tokensPerSecond: last && seconds > 0 ? last.tokens / seconds : null,
    best: bestValidation(validations) ?? null,
  };
}

/** Rows of equal columns, the best run first. */
function tableOf(results: readonly (Result & { name: string })[]): string[] {
  const ranked = [...results].sort((a, b) => (a.best?.loss ?? Infinity) - (b.best?.loss ?? Infinity));
  const cells = ranked.map(({ name, updates, seconds, tokensPerSecond, best }) => [
    name,
    best ? best.loss.toFixed(4) : "-",
    best ? best.perplexity.toFixed(2) : "-",
    best?.bitsPerCharacter ? best.bitsPerCharacter.toFixed(3) : "-",
    best ? count(best.step) : "-",
    count(updates),
    tokensPerSecond ? count(tokensPerSecond) : "-",
    duration(seconds),
  ]);
  const titles = ["model", "best loss", "perplexity", "bits/char", "at update", "updates", "tokens/s", "time"];
  const rows = [titles, ...cells];
  const widths = titles.map((_, column) => Math.max(...rows.map((row) => (row[column] as string).length)));
  return rows.map((row) =>
    row
      .map((cell, column) => pad(cell, widths[column] as number, column === 0 ? "right" : "left"))
      .join("  ")
      .trimEnd(),
  );
}
