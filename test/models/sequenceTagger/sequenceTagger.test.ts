import { join } from "node:path";
import { expect, test } from "vitest";
import type { SequenceTaggerOptions, TaggedSentence } from "../../../lib/index.js";
import { adam, loadModel, SequenceTagger, TaggedData, TaggerVocabulary, Trainer } from "../../../lib/index.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const random = randomNumbers(6);

/**
 * Sentences of words whose tag hangs on the word before and on the spelling: after "to" a word is a verb; one that ends in "s" is
 * many; any other is one.
 */
function language(count: number, syllables = "abcd"): TaggedSentence[] {
  const word = () => {
    const stem = Array.from({ length: 1 + random(4) }, () => syllables[random(syllables.length)]).join("");
    return random(3) === 0 ? `${stem}s` : stem;
  };
  return Array.from({ length: count }, () => {
    const tokens = Array.from({ length: 2 + random(9) }, () => (random(4) === 0 ? "to" : word()));
    const tags = tokens.map((token, t) =>
      token === "to" ? "TO" : tokens[t - 1] === "to" ? "VERB" : token.endsWith("s") ? "MANY" : "ONE",
    );
    return { tokens, tags };
  });
}

async function trained(options: Partial<SequenceTaggerOptions>, epochs: number) {
  const sentences = language(600);
  const tokenizer = TaggerVocabulary.of(sentences, { minimumCount: 3 });
  const small = { hiddenSize: 24, embeddingSize: 8, characterSize: 12, characterEmbeddingSize: 8, dropout: 0.1 };
  const model = await SequenceTagger.create({ tokenizer, ...small, ...options });
  const data = await TaggedData.create(sentences, { tokenizer, batchSize: 16, wordDropout: 0.5 });
  await new Trainer(model, { data, epochs, optimizer: adam({ learningRate: 0.01 }) }).run();
  return model;
}

const model = await trained({}, 5);

test.each(["rnn", "cnn"] as const)(
  "characters by %s tell the tags of words that were never met",
  async (characters) => {
    const own = characters === "rnn" ? model : await trained({ characters }, 5);
    const { accuracy, unknown, count, usualAccuracy, sentences } = await own.evaluate(language(200));
    expect(accuracy).toBeGreaterThan(0.98);
    expect(unknown.accuracy).toBeGreaterThan(0.97);
    expect(unknown.count).toBeGreaterThan(count / 10);
    expect(usualAccuracy).toBeLessThan(0.95);
    expect(sentences).toBe(200);
  },
);

test("without characters unknown words are guesses", async () => {
  const words = await trained({ characters: "none" }, 4);
  const { unknown } = await words.evaluate(language(200));
  expect(unknown.accuracy).toBeLessThan(0.9);
});

test("1, 9 and 64 sentences side by side have the same tags and probabilities, to the bit", async () => {
  const sentences = language(64).map(({ tokens }) => tokens);
  const alone = await model.tag(sentences, { batchSize: 1 });
  for (const batchSize of [2, 9, 22, 61, 64]) expect(await model.tag(sentences, { batchSize })).toEqual(alone);
  const cnn = await SequenceTagger.create({ tokenizer: model.tokenizer, characters: "cnn", cell: "gru" });
  expect(await cnn.tag(sentences, { batchSize: 64 })).toEqual(await cnn.tag(sentences, { batchSize: 9 }));
});

test("so have sentences of models whose products are cut in their depth, one way for few rows and another for many", async () => {
  const sentences = language(150).map(({ tokens }) => tokens);
  const wide = await SequenceTagger.create({ tokenizer: model.tokenizer, hiddenSize: 272, characterSize: 144 });
  const alone = await wide.tag(sentences, { batchSize: 1 });
  for (const batchSize of [9, 30, 64, 150]) expect(await wide.tag(sentences, { batchSize })).toEqual(alone);
});

test("the loss of an evaluation is the mean of what the true tags' probabilities cost", async () => {
  const right = language(300)
    .filter(({ tokens }) => tokens.length > 0)
    .slice(0, 40);
  const found = await model.tag(right.map(({ tokens }) => tokens));
  const asFound = right.map(({ tokens }, i) => ({ tokens, tags: found[i]?.tags as string[] }));
  const cost = found.flatMap(({ probabilities }) => [...probabilities]).map((p) => -Math.log(p));
  const { loss, accuracy, sentenceAccuracy } = await model.evaluate(asFound);
  expect(loss).toBeCloseTo(cost.reduce((sum, own) => sum + own, 0) / cost.length, 4);
  expect([accuracy, sentenceAccuracy]).toEqual([1, 1]);
});

test("a saved model is read back with its vocabulary, and data of another vocabulary is refused", async () => {
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = (await loadModel(folder)) as SequenceTagger;
  expect(loaded).toBeInstanceOf(SequenceTagger);
  expect(loaded.labels).toEqual(["MANY", "ONE", "TO", "VERB"]);
  const tokens = [["to", "abba", "zzzzs"]];
  expect(await loaded.tag(tokens)).toEqual(await model.tag(tokens));
  expect((await loaded.tag(tokens))[0]?.tags).toEqual(["TO", "VERB", "MANY"]);
  const other = language(20);
  const data = await TaggedData.create(other, { tokenizer: TaggerVocabulary.of(other) });
  await expect(new Trainer(model, { data }).run()).rejects.toThrow(/made with another vocabulary/);
});

test("what cannot be tagged is named", async () => {
  await expect(model.tag([["a"], []])).rejects.toThrow(/^tag: sentence 2 of 2: expected a list of tokens/);
  await expect(model.tag(["to go"] as never)).rejects.toThrow(
    /expected a list of tokens, texts that are not empty, got "to go"/,
  );
  const odd = [{ tokens: ["a", "b"], tags: ["ONE", "TWO"], file: "x.conll", lines: [3, 4] }];
  await expect(model.evaluate(odd)).rejects.toThrow(/^x\.conll, line 4: Unknown label "TWO"; did you mean TO\?/);
});

test("a signal ends tagging and evaluating", async () => {
  const sentences = language(300);
  const signal = AbortSignal.abort(new Error("enough"));
  await expect(model.evaluate(sentences, { signal })).rejects.toThrow("enough");
  const tokens = sentences.map((sentence) => sentence.tokens);
  await expect(model.tag(tokens, { signal })).rejects.toThrow("enough");
});
