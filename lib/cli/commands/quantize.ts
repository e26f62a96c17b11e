import { stat } from "node:fs/promises";
import { join } from "node:path";
import type { Command } from "commander";
import { InputError } from "../../errors.js";
import { expectFreeFolder, lockFolder, modelFiles } from "../../formats/index.js";
import type { SavedModel } from "../../models/savedModel.js";
import type { Completed } from "../../options.js";
import { flag, list, optional, table, text, word } from "../../options.js";
import type { WeightType } from "../../weights.js";
import { weightTypes } from "../../weights.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import type { Ability, Verb } from "../verbs.js";

const flags = table("quantize", {
  /** Type to round to. Default int8. */
  weights: word(weightTypes, "int8"),
  /** Files to measure on what rounding costs: those that `evaluate` reads. Default: none. */
  evaluate: optional(list(text({ as: "file" }))),
  /** Replace the model in <out>. */
  overwrite: flag(),
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

/** How verbs measure a model on files, to compare it with another one: less is better. */
export interface Measure<M extends SavedModel> {
  /** The name of the measure, where it is another one. */
  readonly measure?: "MASE" | "Spearman";
  /** Adds the options that say how the files are read. */
  options(command: Command): Command;
  of(model: M, reading: Reading): Promise<number>;
}

interface Reading {
  folder: string;
  files: readonly string[];
  command: Command;
  signal: AbortSignal;
}

const verb: Verb = {
  name: "quantize",
  description: "round a model's weights to a smaller type: smaller files, and faster writing of one text at a time",
  arguments: [["<out>", "folder for the rounded model"]],
  options: (command) => withOptions(command, flags),
};

/** Rounds the weights of models whose perplexity can be measured so. */
export function quantize<M extends SavedModel>(perplexity: Measure<M>): Ability {
  return {
    verb,
    options: perplexity.options,
    run: (folder: string, out: string, options: Options, command: Command) =>
      round(folder, out, { options, command, perplexity }),
  };
}

async function round<M extends SavedModel>(
  folder: string,
  out: string,
  { options, command, perplexity }: { options: Options; command: Command; perplexity: Measure<M> },
): Promise<void> {
  const print = printer(options);
  const { overwrite = false, weights, evaluate: files } = options;
  const owner = "quantize";
  await expectFreeFolder(owner, out, { overwrite });
  await untilInterrupted((signal) =>
    lockFolder(out, { owner, purpose: "saving" }, async () => {
      const model = await modelFrom<M>(folder, options);
      if (model.weightType === weights)
        throw new InputError(`quantize: the weights of ${folder} are ${weights} already.`);
      const measure = async () => (files ? perplexity.of(model, { folder, files, command, signal }) : null);
      const whole = { bytes: await weightBytes(folder), value: await measure() };
      await model.quantize(weights);
      const small = { value: await measure() };
      signal.throwIfAborted();
      await model.save(out, { overwrite });
      const after = { ...small, bytes: await weightBytes(out) };
      report({ out, weights, before: whole, after, name: perplexity.measure ?? "Perplexity" }, print);
    }),
  );
}

interface Cost {
  bytes: number;
  value: number | null;
}

function report(
  { out, weights, before, after, name }: { out: string; weights: WeightType; before: Cost; after: Cost; name: string },
  print: Printer,
): void {
  const bytes = { before: before.bytes, after: after.bytes };
  const measured = { before: before.value, after: after.value };
  print.object({ weights, bytes, ...(before.value === null ? {} : { [name.toLowerCase()]: measured }) });
  print.line(`${out}: ${weights} weights, ${count(bytes.after)} bytes instead of ${count(bytes.before)}.`);
  if (before.value === null || after.value === null) return;
  const change = (100 * (after.value - before.value)) / before.value;
  print.line(
    `${name} ${before.value.toFixed(3)} before, ${after.value.toFixed(3)} after: ` +
      `${change >= 0 ? "+" : ""}${change.toFixed(2)} %.`,
  );
}

async function weightBytes(folder: string): Promise<number> {
  return (await stat(join(folder, modelFiles.tensors))).size;
}
