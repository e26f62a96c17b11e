import { describe, expect, test } from "vitest";
import { OptionError } from "../../lib/index.js";
import { entries } from "./entries.js";
import { optionParameters } from "./optionParameters.js";
import { isPlain, settled } from "./row.js";
import * as things from "./things.js";

/** Rows with other names: what is inherited, and what all executors have. */
const rowNames: Readonly<Record<string, string>> = {
  "AddonExecutor.compile": "native compile",
  "ReferenceExecutor.compile": `${things.executor.name} compile`,
  "SavedModel.save": "LanguageModel.save",
  "SavedModel.loadWeights": "LanguageModel.loadWeights",
};

/** Parameters that look like options and are none, with the reason. */
const others: Readonly<Record<string, string>> = {
  "OstinatoError 1": "the library makes its errors",
  "NativeExecutor 1": "nativeExecutor() makes it",
  "Graph.record 0": "an operation, for ops",
  "Graph.append 0": "an operation, for ops",
  "TextModel.recordLoss 1": "the form of a batch, which its data makes",
  "PairModel.recordLoss 1": "the form of a batch, which its data makes",
  "FrameTagger.recordLoss 1": "the form of a batch, which its data makes",
  "SequenceTagger.recordLoss 1": "the form of a batch, which its data makes",
  "Mixture.recordLoss 1": "the form of a batch, which its data makes",
  "LanguageModelNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "MixtureNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "NgramNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "NgramNetwork.scores 0": "the tensors of a batch, which recordLoss makes",
  "CharacterAwareLanguageModelNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "CharacterAwareLanguageModelNetwork.spell 0": "the spellings of a vocabulary, which the model makes",
  "FeedForwardLanguageModelNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "TransformerLanguageModelNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "Seq2SeqNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "TransformerSeq2SeqNetwork.losses 0": "the tensors of a batch, which recordLoss makes",
  "SequenceTaggerNetwork.features 1": "the sizes of a batch, which its data makes",
  "SequenceTaggerNetwork.layers 1": "the sizes of a batch, which its data makes",
  "TaggerVocabulary 3": "of() and withReading() make it",
  "SequenceClassifier.recordLoss 1": "the form of a batch, which its data makes",
  "ImageCaptioner.recordLoss 1": "the form of a batch, which its data makes",
  "Word2Vec.recordLoss 1": "the form of a batch, which its data makes",
  "Word2VecNetwork.contextLosses 1": "the sizes of a batch, which its data makes",
  "Word2VecNetwork.softmaxLosses 1": "the sizes of a batch, which its data makes",
  "searchStep 0": "a recorded step",
  "searchStep 2": "see test/search/searchStep.test.ts",
};

const parameters = optionParameters().filter(({ of, position }) => !(`${of} ${position}` in others));
const rowOf = (of: string) => entries[rowNames[of] ?? of];

test("every object of options of a public function, method or constructor is in a row", () => {
  expect(parameters.length).toBeGreaterThan(60);
  const missing = parameters.filter(({ of, position }) => !isPlain(rowOf(of)?.args()[position]));
  expect(missing.map(({ of, position, options }) => `${of} ${position}: ${options.slice(0, 5).join(" ")}`)).toEqual([]);
});

describe.each(parameters)("$of, argument $position", ({ of, position, options }) => {
  test("refuses each of its options with a letter twice, and names the right one", async () => {
    const { args, call } = rowOf(of) as NonNullable<ReturnType<typeof rowOf>>;
    for (const name of options) {
      const misspelt = { ...(args()[position] as object), [`${name}${name.at(-1)}`]: 1 };
      const outcome = (async () =>
        settled((call as (...args: unknown[]) => unknown)(...args().with(position, misspelt))))();
      await expect(outcome, name).rejects.toThrow(OptionError);
      await expect(outcome, name).rejects.toThrow(`did you mean ${name}?`);
    }
  });
});
