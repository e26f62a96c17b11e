import type { Command } from "commander";
import { InputError } from "../../errors.js";
import { writeFileAtomically } from "../../formats/index.js";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import type { Translation } from "../../models/pairModel/translation.js";
import type { Completed } from "../../options.js";
import { flag, optional, table, text } from "../../options.js";
import type { BeamTree } from "../../viz/index.js";
import { attentionSVG, attentionTerminal, beamTreeSVG, beamTreeTerminal } from "../../viz/index.js";
import { alignmentOf } from "../alignment.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { withOptions } from "../options.js";
import { Painted } from "../output.js";
import { colourDepth, printer } from "../print.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import type { Ability } from "../verbs.js";

const flags = table("trace", {
  /** File for a picture of the attention. Default: none. */
  attentionSvg: optional(text({ as: "file" })),
  /** File for a picture of the search. Default: none. */
  treeSvg: optional(text({ as: "file" })),
  /** Print one JSON object. */
  json: flag(),
});

type Options = ExecutorOptions & Completed<typeof flags>;

export const trace: Ability = {
  verb: {
    name: "trace",
    description: "see how a model writes one text: where it looks, and what the search followed",
    arguments: [["<text>", "the source"]],
  },
  options: (command) => withSearchOptions(withOptions(command, flags)),
  run: traceText,
};

async function traceText(folder: string, text: string, options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const search = searchOptionsFrom(command);
  const model = await modelFrom<PairModel>(folder, options);
  const nBest = search.beams ?? 5;
  const [translation] = (await model.translate([text], { ...search, nBest, tree: true })) as [Translation];
  const alignment = alignmentOf(translation);
  if (options.attentionSvg !== undefined && !alignment) {
    throw new InputError(`trace: ${folder} has no attention, so there is no picture of it.`);
  }
  const { target, marks } = model.tokenizer;
  const tree: BeamTree = {
    nodes: translation.tree ?? [],
    hypotheses: translation.hypotheses,
    end: marks.end,
    textOf: (token) => target.token(token),
  };
  if (options.attentionSvg !== undefined && alignment) {
    await writeFileAtomically(options.attentionSvg, attentionSVG(alignment, { title: text }));
  }
  if (options.treeSvg !== undefined) await writeFileAtomically(options.treeSvg, beamTreeSVG(tree, { title: text }));
  const hypotheses = translation.hypotheses.map(({ attention: _, ...hypothesis }) => hypothesis);
  print.object({ text: translation.text, source: translation.source, hypotheses, alignment, tree: tree.nodes });
  if (print.json) return;
  const depth = colourDepth();
  const width = Math.max(40, process.stdout.columns ?? 100);
  print.line(translation.text);
  if (alignment) print.line("\n", new Painted(attentionTerminal(alignment, { depth, width })));
  print.line("\n", new Painted(beamTreeTerminal(tree, { depth, width })));
  for (const file of [options.attentionSvg, options.treeSvg]) if (file !== undefined) print.note(`Wrote ${file}.`);
}
