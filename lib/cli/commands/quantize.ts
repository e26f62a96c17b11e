import { stat } from "node:fs/promises";
import { join } from "node:path";
import { Command, Option } from "commander";
import { expectFreeFolder, lockFolder, modelFiles, modelIn } from "../../formats/index.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { Seq2Seq } from "../../models/seq2seq/seq2seq.js";
import type { WeightType } from "../../weights.js";
import { weightTypes } from "../../weights.js";
import type { ExecutorOptions } from "../executor.js";
import { executorFrom, withExecutorOptions } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { pairsLike, withPairOptions } from "../pairFiles.js";
import type { Printer } from "../print.js";
import { count, printer } from "../print.js";
import type { ReadingFlags } from "../tableOptions.js";
import { corpusLike, withTextColumn } from "../textFiles.js";

interface Options extends ExecutorOptions, ReadingFlags {
  weights: WeightType;
  evaluate?: string[];
  overwrite?: boolean;
  json?: boolean;
}

export function quantizeCommand(): Command {
  const command = new Command("quantize")
    .description("round a model's weights to a smaller type: smaller files, and faster writing of one text at a time")
    .argument("<model>", "folder of a trained model")
    .argument("<out>", "folder for the rounded model")
    .addOption(new Option("--weights <type>", "what to round to").choices(weightTypes).default("int8"))
    .option("--evaluate <text...>", "measure what it costs on these files: text, or pairs")
    .option("--overwrite", "replace the model in <out>")
    .option("--json", "print one JSON object");
  return withExecutorOptions(withTextColumn(withPairOptions(command))).action(quantize);
}

async function quantize(folder: string, out: string, options: Options, command: Command): Promise<void> {
  const print = printer(options);
  const { overwrite = false, weights } = options;
  const owner = "quantize";
  await expectFreeFolder(owner, out, { overwrite });
  await untilInterrupted((signal) =>
    lockFolder(out, { owner, purpose: "saving" }, async () => {
      const executor = executorFrom(options);
      const pairs = (await modelIn(folder)) === "Seq2Seq";
      const model = await (pairs ? Seq2Seq : LanguageModel).load(folder, { executor });
      const measured = { folder, command, options, signal };
      const whole = { bytes: await weightBytes(folder), perplexity: await perplexity(model, measured) };
      await model.quantize(weights);
      const small = { perplexity: await perplexity(model, measured) };
      signal.throwIfAborted();
      await model.save(out, { overwrite });
      report({ out, weights, before: whole, after: { ...small, bytes: await weightBytes(out) } }, print);
    }),
  );
}

interface Cost {
  bytes: number;
  perplexity: number | null;
}

function report(
  { out, weights, before, after }: { out: string; weights: WeightType; before: Cost; after: Cost },
  print: Printer,
): void {
  const measured = before.perplexity !== null && after.perplexity !== null;
  const bytes = { before: before.bytes, after: after.bytes };
  const perplexities = { before: before.perplexity, after: after.perplexity };
  print.object({ weights, bytes, ...(measured ? { perplexity: perplexities } : {}) });
  print.line(`${out}: ${weights} weights, ${count(bytes.after)} bytes instead of ${count(bytes.before)}.`);
  if (before.perplexity === null || after.perplexity === null) return;
  const change = (100 * (after.perplexity - before.perplexity)) / before.perplexity;
  print.line(
    `Perplexity ${before.perplexity.toFixed(3)} before, ${after.perplexity.toFixed(3)} after: ` +
      `${change >= 0 ? "+" : ""}${change.toFixed(2)} %.`,
  );
}

async function perplexity(
  model: LanguageModel | Seq2Seq,
  { folder, command, options, signal }: { folder: string; command: Command; options: Options; signal: AbortSignal },
) {
  const { evaluate: files } = options;
  if (!files) return null;
  if (model instanceof Seq2Seq) {
    const { pairs } = await pairsLike(folder, { files, command, options });
    return (await model.evaluate(pairs, { signal })).perplexity;
  }
  const corpus = await corpusLike(folder, files, options, "quantize --evaluate");
  const stream = await corpus.tokenize(model.tokenizer, { signal });
  return (await model.evaluate(stream, { signal }).finally(() => stream.close())).perplexity;
}

async function weightBytes(folder: string): Promise<number> {
  return (await stat(join(folder, modelFiles.tensors))).size;
}
