import type { Command } from "commander";
import { OptionError } from "../../errors.js";
import type { Mixture, MixtureComparison } from "../../models/mixture/mixture.js";
import type { Completed } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { oneCell, printer } from "../print.js";
import { logBases, logFlags } from "../printNgrams.js";
import { withLineOptions } from "../reading.js";
import { beginningOf } from "../textFiles.js";
import type { Ability } from "../verbs.js";
import { inspect } from "./inspect.js";

type Options = ExecutorOptions & Completed<typeof logFlags> & { text?: string[]; out?: string; json: boolean };

/** The weight of each model of a mixture, and its log-probability of every token of a text. */
export const inspectMixture: Ability = {
  verb: inspect,
  options: (command) => withOptions(withLineOptions(command), logFlags),
  run: show,
};

async function show(folder: string, options: Options, command: Command): Promise<void> {
  if (options.out !== undefined) {
    throw new OptionError("inspect: a Mixture is shown here and not in a report: leave out --out.");
  }
  const print = printer(options);
  const model = await modelFrom<Mixture>(folder, options);
  const names = model.network.config.parts.map(({ model: kind }, k) => `${k + 1} ${kind}`);
  const weights = await model.weights();
  const text = await beginningOf(folder, options.text ?? [], command);
  const read = text === "" ? null : await model.compare(text);
  print.object({ parts: names.map((name, k) => ({ name, weight: weights[k] })), ...(read ?? {}) });
  const width = Math.max(...names.map(({ length }) => length));
  for (const [k, name] of names.entries()) print.line(`${name.padEnd(width)}  weight ${weights[k]?.toFixed(4)}`);
  if (read) printComparison(print, read, logBases[options.logBase]);
}

/** A row for each token, with a star at the model that held it likeliest, and a summary. */
function printComparison(print: Printer, { tokens, total, totals }: MixtureComparison, unit: number): void {
  const cell = (value: number, best: boolean) => `${(value / unit).toFixed(3).padStart(10)}${best ? "*" : " "}`;
  const columns = totals.map((_, k) => `model ${k + 1} `.padStart(11)).join("");
  print.line(`\n${"mixture ".padStart(11)}${columns}  log p of a token`);
  const bestOf = totals.map(() => 0);
  for (const { token, logProbability, parts } of tokens) {
    const best = parts.indexOf(Math.max(...parts));
    bestOf[best] = (bestOf[best] as number) + 1;
    const cells = parts.map((value, k) => cell(value, k === best)).join("");
    print.line(`${cell(logProbability, false)}${cells}  ${oneCell(token)}`);
  }
  const sums = [total, ...totals].map((value) => cell(value, false)).join("");
  const perplexities = [total, ...totals].map((value) =>
    `${Math.exp(-value / tokens.length).toPrecision(5)} `.padStart(11),
  );
  print.line(`${sums}  in all`);
  print.line(`${perplexities.join("")}  perplexity`);
  const shares = bestOf.map((count) => `${((100 * count) / tokens.length).toFixed(1)} % `.padStart(11)).join("");
  print.line(`${" ".repeat(11)}${shares}  of the tokens are likeliest by this model`);
}
