import type { Command } from "commander";
import type { TokenizerPair } from "../../data/index.js";
import { writeFileAtomically } from "../../formats/index.js";
import { textScoreRules } from "../../metrics/textMetric.js";
import type { PairModel } from "../../models/pairModel/pairModel.js";
import type { SequenceClassifier } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { classifyRules } from "../../models/sequenceClassifier/sequenceClassifier.js";
import { adaptationRules } from "../../models/textModel/adaptation.js";
import { evaluateRules } from "../../models/textModel/textMeasure.js";
import type { TextModel } from "../../models/textModel/textModel.js";
import type { Completed } from "../../options.js";
import { flag, optional, pick, table, text, whole } from "../../options.js";
import type { ExecutorOptions } from "../executor.js";
import { modelFrom } from "../executor.js";
import { untilInterrupted } from "../interrupt.js";
import { labelledLike } from "../labelledFiles.js";
import { given, optionsIn, typedOptions, withOptions } from "../options.js";
import { pairsLike } from "../pairFiles.js";
import { countOf, oneLine, printer } from "../print.js";
import { printClassification } from "../printClassification.js";
import { printScores } from "../printScores.js";
import { withLabelOptions, withLineOptions, withPairOptions } from "../reading.js";
import { measures } from "../reportTraining.js";
import { searchOptionsFrom, withSearchOptions } from "../searchOptions.js";
import { corpusLike } from "../textFiles.js";
import type { Ability, Verb } from "../verbs.js";
import type { Measure } from "./quantize.js";

const flags = table("evaluate", {
  /** Print one JSON object. */
  json: flag(),
});

/** How texts are compared. */
export const scoreFlags = pick(textScoreRules, "tokenize", "lowercase");

const batchFlags = table("evaluate batches", {
  /** Texts side by side. Default: 1 for text, where each part begins without memory; 32 for pairs and images. */
  batchSize: optional(whole({ minimum: 1 })),
});

const labelFlags = pick(classifyRules, "batchSize", "threshold");

/** The options of evaluations that write texts. */
export const pairFlags = table("evaluate pairs", {
  /** File for what was written, a line for each row of the files, or for each image. Default: none. */
  output: optional(text({ as: "file" })),
  ...scoreFlags,
});

/** Options that `evaluate` has for every kind that is measured in batches. */
export type EvaluateOptions = ExecutorOptions & Completed<typeof flags>;

/** Options of a measurement that lets the text so far help to predict what follows. */
export const cacheFlags = pick(adaptationRules, "cacheSize", "cacheWeight");

const adaptationFlags = { ...pick(evaluateRules, "windowLength"), ...adaptationRules };

/** Adds the options of evaluations in batches. */
export function withBatches(command: Command): Command {
  return withOptions(command, batchFlags);
}

type Options = EvaluateOptions & Completed<typeof batchFlags> & Completed<typeof pairFlags>;

/** The verb that measures models. */
export const evaluate: Verb = {
  name: "evaluate",
  description: "measure a model on texts, pairs of texts, what has labels or tags, or series",
  arguments: [
    [
      "<files...>",
      "text; for a classifier: a table of texts and labels; for a tagger: sentences in CoNLL's form or CoNLL-U's; for a tagger of frames: sequences; for a captioner: a table of images and captions; for a forecaster: tables of series; for word vectors: pairs of words with scores, or analogies; for a model of pairs: a table (.tsv, .csv, .jsonl), or a file of sources and one or more of references. Pairs of " +
        "one source are one source with several references, wherever they stand. Read as the training read its files",
    ],
  ],
  options: (command) => withOptions(command, flags),
};

/** Perplexity on texts. */
export const evaluateText: Ability = {
  verb: evaluate,
  options: (command) => withOptions(withLineOptions(withBatches(command)), adaptationFlags, { group: "Adaptation" }),
  run: measureText,
};

/** Perplexity on pairs, and how well what the model writes for their sources matches the targets. */
export const evaluatePairs: Ability = {
  verb: evaluate,
  options: (command) => withSearchOptions(withPairOptions(withOptions(withBatches(command), pairFlags))),
  run: measurePairs,
};

/** Accuracy on labelled texts, and the scores of each label. */
export const evaluateLabels: Ability = {
  verb: evaluate,
  options: (command) => withLabelOptions(withOptions(command, labelFlags)),
  run: measureLabels,
};

/** The perplexity of a language model on files of text, for verbs that only compare. */
export const textPerplexity: Measure<TextModel> = {
  options: withLineOptions,
  of: async (model, { folder, files, command, signal }) => {
    const corpus = await corpusLike(folder, files, { command, owner: `${command.name()} --evaluate` });
    const stream = await corpus.tokenize(model.tokenizer, { signal });
    return (await model.evaluate(stream, { signal }).finally(() => stream.close())).perplexity;
  },
};

/** The perplexity of a model of pairs on files of pairs. */
export const pairPerplexity: Measure<PairModel> = {
  options: withPairOptions,
  of: async (model, { folder, files, command, signal }) => {
    const { pairs } = await pairsLike(folder, files, command);
    return (await model.evaluate(pairs, { signal })).perplexity;
  },
};

/** The perplexity of a classifier's labels on tables. */
export const labelPerplexity: Measure<SequenceClassifier> = {
  options: withLabelOptions,
  of: async (model, { folder, files, command, signal }) => {
    const { examples } = await labelledLike(folder, files, command);
    return Math.exp((await model.evaluate(examples, { signal })).loss);
  },
};

function measureText(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const model = await modelFrom<TextModel>(folder, options);
    const corpus = await corpusLike(folder, files, { command });
    const stream = await corpus.tokenize(model.tokenizer, { signal });
    const adaptation = typedOptions(command, adaptationFlags);
    const line = Object.keys(adaptation).length > 0 ? print.progress() : null;
    const result = await model
      .evaluate(stream, {
        ...given({ batchSize: options.batchSize }),
        ...adaptation,
        signal,
        onProgress: (share) => line?.update(share, "measuring"),
      })
      .finally(() => {
        line?.stop();
        return stream.close();
      });
    print.object(result);
    print.line(`${countOf(result.tokens, "token")}: ${measures(result)}`);
    if (result.unknown === 0) return;
    const share = ((100 * result.unknown) / result.tokens).toFixed(1);
    print.line(`${countOf(result.unknown, "token")} (${share} %) not in the vocabulary: read and predicted as <unk>.`);
  });
}

function measurePairs(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const { output } = options;
    const shared = { ...given({ batchSize: options.batchSize }), signal };
    const search = searchOptionsFrom(command);
    const { pairs, targets } = await pairsLike(folder, files, command);
    const model = await modelFrom<PairModel>(folder, options);
    const predicted = await model.evaluate(pairs, shared);
    const line = print.progress();
    const { texts, ...scores } = await model
      .score(pairs, {
        ...search,
        ...shared,
        scores: optionsIn(command, scoreFlags),
        onProgress: (share) => line.update(share, "writing"),
      })
      .finally(() => line.stop());
    if (output !== undefined) {
      const rows = texts.filter((_, i) => i % targets === 0);
      await writeFileAtomically(output, rows.map((text) => `${oneLine(text)}\n`).join(""));
    }
    print.object({ ...predicted, ...scores });
    print.line(`${countOf(predicted.tokens, "token")}: ${measures(predicted)}`);
    print.line(`${countOf(scores.sources, "source")}, ${countOf(scores.references, "reference")}:`);
    printScores(print, scores, unitOf(model.tokenizer));
  });
}

function measureLabels(folder: string, files: string[], options: Options, command: Command): Promise<void> {
  return untilInterrupted(async (signal) => {
    const print = printer(options);
    const { examples } = await labelledLike(folder, files, command);
    const model = await modelFrom<SequenceClassifier>(folder, options);
    const result = await model.evaluate(examples, {
      ...optionsIn(command, labelFlags),
      signal,
    });
    print.object(result);
    print.line(`${countOf(result.count, "text")}: ${result.loss.toFixed(4)} nats`);
    printClassification(print, result);
  });
}

/** The unit that a target is counted in. */
function unitOf({ source, target }: TokenizerPair): string {
  if (target.kind === "character") return "characters";
  return target.kind === "word" && source.kind === "character" ? "symbols" : "words";
}
