import { rm } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { LanguageModelOptions } from "../../../lib/index.js";
import {
  adam,
  ByteTokenizer,
  CharacterTokenizer,
  Graph,
  LanguageModel,
  SequenceTagger,
  TaggedData,
  TaggerVocabulary,
  Trainer,
  WordTokenizer,
} from "../../../lib/index.js";
import { encodeTokens, readingBatch } from "../../../lib/models/sequenceTagger/sentences.js";
import { EvaluationStep } from "../../../lib/train/evaluation.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const random = randomNumbers(4);

/** A word after ">" is a verb, and one before "!" too: the one is seen from the front, the other from behind. */
function language(count: number) {
  return Array.from({ length: count }, () => {
    const words = Array.from({ length: 2 + random(8) }, () => ["a", "b", "c", ">", "!"][random(5)] as string);
    const tags = words.map((word, t) =>
      /[>!]/.test(word) ? "MARK" : words[t - 1] === ">" || words[t + 1] === "!" ? "VERB" : "NOUN",
    );
    return { tokens: words, tags };
  });
}

const sentences = language(300);
const text = sentences.map(({ tokens }) => `${tokens.join(" ")}\n`).join("");
const tokenizer = CharacterTokenizer.fromText(text, { unknown: true });
const small: Partial<LanguageModelOptions> = { layers: 2, hiddenSize: 12, embeddingSize: 5, sentences: true };
const reversed = (line: string) => [...line].reverse().join("");

// Language models that have learnt nothing hold what they have read in their states as well.
const forwardModel = await LanguageModel.create({ tokenizer, ...small });
const backwardModel = await LanguageModel.create({ tokenizer, ...small, cell: "gru", hiddenSize: 32, layers: 1 });
const vocabulary = TaggerVocabulary.of(sentences);
const model = await SequenceTagger.create({
  ...{
    tokenizer: vocabulary,
    hiddenSize: 12,
    embeddingSize: 4,
    characters: "none",
    bidirectional: false,
    dropout: 0.1,
  },
  ...{ forwardModel, backwardModel },
});

/** The states that a tagger reads, [T,B,F], and B. */
async function statesOf(own: SequenceTagger, direction: "forward" | "backward", texts: string[][]) {
  const encoded = texts.map((tokens) => encodeTokens(tokens, own.tokenizer));
  const { sizes, feeds } = readingBatch(encoded, own.tokenizer);
  const graph = new Graph();
  const layer = own.network.languages.find((language) => language.direction === direction);
  graph.output("states", layer?.apply(graph, sizes) as never);
  const program = own.executor.compile(graph.program(), own.store);
  const fed = Object.fromEntries(program.program.feeds.map(({ name }) => [name, feeds[name] as Int32Array]));
  return { states: (await program.run(fed)).outputs.states as Float32Array, B: sizes.B };
}

test("a word's features are the language model's own states at its last character, and its first for the one that reads backward", async () => {
  const texts = [["a", "bc", "!"], ["cab"], ["a", "zzz", "ba", "x"]];
  // One whose last layer is narrower, and one that has never seen the end of a line.
  const narrow = await LanguageModel.create({ tokenizer, ...small, lastHiddenSize: 7 });
  const endless = await LanguageModel.create({
    tokenizer: CharacterTokenizer.fromText("ab c!>", { unknown: true }),
    ...{ hiddenSize: 5, embeddingSize: 3 },
  });
  const others = await SequenceTagger.create({
    tokenizer: vocabulary,
    forwardModel: narrow,
    backwardModel: endless,
  });
  for (const [tagger, direction, own] of [
    [model, "forward", forwardModel],
    [model, "backward", backwardModel],
    [others, "forward", narrow],
    [others, "backward", endless],
  ] as const) {
    const { states, B } = await statesOf(tagger, direction, texts);
    for (const [b, tokens] of texts.entries()) {
      const line = tokens.join(" ");
      const { layers } = await own.activations(direction === "forward" ? line : reversed(line));
      const { units, values } = layers.filter(({ kind }) => kind === "hidden").at(-1) as (typeof layers)[number];
      for (const t of tokens.keys()) {
        const read = (direction === "forward" ? tokens.slice(0, t + 1) : tokens.slice(t)).join(" ").length;
        const expected = [...values.subarray((read - 1) * units, read * units)];
        const found = states.subarray((t * B + b) * units, (t * B + b + 1) * units);
        for (const [i, value] of expected.entries()) expect(found[i]).toBeCloseTo(value, 6);
      }
    }
  }
});

test("the sentences of a training are read once where memory allows, to the bits of reading each alone", async () => {
  const encoded = sentences.slice(0, 20).map(({ tokens }) => encodeTokens(tokens, model.tokenizer));
  const read = await model.readLanguages(encoded, undefined);
  for (const direction of ["forward", "backward"] as const) {
    for (const [i, { states }] of read.entries()) {
      const { tokens } = sentences[i] as (typeof sentences)[0];
      const alone = await statesOf(model, direction, [tokens]);
      const units = alone.states.length / alone.B / Math.ceil(tokens.length / 4) / 4;
      const rows = tokens.flatMap((_, t) => [...alone.states.subarray(t * alone.B * units, (t * alone.B + 1) * units)]);
      expect([...(states?.[direction] ?? [])]).toEqual(rows);
    }
  }

  const own = { tokenizer: model.tokenizer, batchSize: 16, languageReader: model, role: "validate" } as const;
  const [once, again] = [
    await TaggedData.create(sentences, own),
    await TaggedData.create(sentences, { ...own, languageMemory: 0 }),
  ];
  expect([once.languagesRead, again.languagesRead]).toEqual([true, false]);
  // Numbers of rows of a batch mean others in a part of it.
  expect([once.divisible, again.divisible]).toEqual([true, false]);
  expect((await TaggedData.create(sentences, { tokenizer: vocabulary })).divisible).toBe(true);
  for (const data of [once, again])
    expect(data.languageMebibytes).toBeCloseTo((once.tokens * (12 + 32) * 4) / 2 ** 20, 6);
  const [first, second] = [[...once.batches(0)], [...again.batches(0)]];
  const step = new EvaluationStep(model);
  for (const [i, batch] of first.entries()) {
    const languages = Object.keys(batch.feeds).filter((name) => /^(for|back)ward/.test(name));
    expect(languages).toEqual(["forward.states", "backward.states"]);
    const other = second[i] as typeof batch;
    expect((await step.run(batch)).total).toBeCloseTo((await step.run(other)).total, 4);
  }
});

test("both directions of language models tell what stands on both sides, and training leaves them as they are", async () => {
  const before = await model.store.read("language.forward.rnn.weight_hh_l0");
  const reading = { languageReader: model, batchSize: 16, wordDropout: 0 };
  const data = await TaggedData.create(sentences, { tokenizer: model.tokenizer, ...reading });
  await new Trainer(model, { data, epochs: 60, optimizer: adam({ learningRate: 0.02 }) }).run();
  expect((await model.evaluate(language(100))).accuracy).toBeGreaterThan(0.97);
  expect(await model.store.read("language.forward.rnn.weight_hh_l0")).toEqual(before);
  expect(await forwardModel.store.read("rnn.weight_hh_l0")).toEqual(before);
});

test("1, 9 and 64 sentences side by side have the same tags and probabilities, to the bit", async () => {
  const texts = language(64).map(({ tokens }) => tokens);
  const alone = await model.tag(texts, { batchSize: 1 });
  for (const batchSize of [9, 64]) expect(await model.tag(texts, { batchSize })).toEqual(alone);
});

test("a saved tagger is whole: it tags alike when the folders of its language models are gone", async () => {
  const folder = await temporaryFolder();
  await backwardModel.save(join(folder, "language"));
  const own = await SequenceTagger.create({
    ...{ tokenizer: vocabulary, hiddenSize: 8 },
    backwardModel: await LanguageModel.load(join(folder, "language")),
  });
  await own.save(join(folder, "tagger"));
  await rm(join(folder, "language"), { recursive: true });
  const loaded = await SequenceTagger.load(join(folder, "tagger"));
  const texts = [
    ["to", "ship", "!"],
    ["unheard", "of"],
  ];
  expect(await loaded.tag(texts)).toEqual(await own.tag(texts));
  expect(loaded.tokenizer.toJSON()).toEqual(own.tokenizer.toJSON());
  expect(loaded.tokenizer.reading.forward).toBeUndefined();
});

test("tokens that are characters are read without anything between them", async () => {
  const syllables = [{ tokens: [..."ab cab"], tags: [..."ab cab"].map((c) => (c === " " ? "S" : "C")) }];
  const own = await SequenceTagger.create({
    tokenizer: TaggerVocabulary.of(syllables, { tokenSeparator: "" }),
    forwardModel,
  });
  const { states, B } = await statesOf(own, "forward", [[..."ab cab"]]);
  const { layers } = await forwardModel.activations("ab cab");
  const { values } = layers.filter(({ kind }) => kind === "hidden").at(-1) as (typeof layers)[number];
  for (let t = 0; t < 6; t++) expect(states[t * B * 12 + 3]).toBeCloseTo(values[t * 12 + 3] as number, 6);
  expect(TaggerVocabulary.fromJSON(JSON.parse(JSON.stringify(own.tokenizer))).reading.separator).toBe("");
});

test("models that cannot be read with are refused, each with its reason", async () => {
  const create = (own: unknown) => SequenceTagger.create({ tokenizer: vocabulary, forwardModel: own as LanguageModel });
  const withTokens = (other: CharacterTokenizer | WordTokenizer) =>
    LanguageModel.create({ tokenizer: other, hiddenSize: 4 });
  await expect(create(await withTokens(CharacterTokenizer.fromText("ab\n")))).rejects.toThrow(
    /^SequenceTagger, forwardModel: the language model has no token for characters .*--unknown/,
  );
  await expect(create(await withTokens(WordTokenizer.fromText("a b\n")))).rejects.toThrow(
    /of characters or bytes, .* tokens of kind "word"/,
  );
  await expect(create(await LanguageModel.create({ tokenizer, hiddenSize: 4, zoneout: 0.1 }))).rejects.toThrow(
    /zoneout/,
  );
  await expect(create(model)).rejects.toThrow(/expected forwardModel to be a LanguageModel, got/);
  const bytes = await LanguageModel.create({ tokenizer: new ByteTokenizer(), hiddenSize: 4 });
  expect((await create(bytes)).network.languages).toHaveLength(1);
  const data = await TaggedData.create(sentences, { tokenizer: vocabulary });
  await expect(new Trainer(model, { data }).run()).rejects.toThrow(/made with another vocabulary/);
});
