import { mkdtempSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { memoryStream } from "../../../lib/data/index.js";
import {
  adam,
  CharacterAwareLanguageModel,
  CharacterTokenizer,
  LanguageModel,
  loadModel,
  Mixture,
  NgramModel,
  nativeExecutor,
  ReferenceExecutor,
  Trainer,
  TransformerLanguageModel,
  WindowData,
  WordTokenizer,
} from "../../../lib/index.js";
import { MixtureNetwork } from "../../../lib/models/mixture/network.js";
import { likeliestWeights } from "../../../lib/models/mixture/weights.js";

const roses = "a rose is a rose is a rose.\n".repeat(20);
const seas = "the sea is blue, the sky is blue.\n".repeat(20);
const text = roses.slice(0, 168) + seas.slice(0, 170);
const tokenizer = CharacterTokenizer.fromText(text);
const sizes = { tokenizer, layers: 1, hiddenSize: 12, executor: nativeExecutor() };
const first = await LanguageModel.create({ ...sizes, cell: "lstm", seed: 1 });
const second = await LanguageModel.create({ ...sizes, cell: "gru", seed: 2, layers: 2, hiddenSize: 8 });

for (const [model, own] of [
  [first, roses],
  [second, seas],
] as const) {
  const data = new WindowData(memoryStream(tokenizer.encode(own), own.length), { batchSize: 4, windowLength: 8 });
  await new Trainer(model, { data, maximumSteps: 80, epochs: 100, optimizer: adam({ learningRate: 0.02 }) }).run();
}

test("the probability of each token is the weighted sum of the models' own", async () => {
  const mixture = await Mixture.of([first, second], { weights: [0.3, 0.7] });
  const own = await Promise.all([first, second, mixture].map((model) => model.logProbability(text.slice(0, 90))));
  const [a, b, both] = own.map(({ tokens }) => tokens.map(({ logProbability }) => Math.exp(logProbability)));
  for (const [i, p] of (both as number[]).entries()) {
    expect(p).toBeCloseTo(0.3 * (a?.[i] as number) + 0.7 * (b?.[i] as number), 6);
  }
  const next = await mixture.nextTokens("a ro", { top: tokenizer.size });
  const [x, y] = await Promise.all([first, second].map((model) => model.nextTokens("a ro", { top: tokenizer.size })));
  for (const { id, probability } of next.tokens) {
    const of = (tokens: typeof x) => tokens?.tokens.find((one) => one.id === id)?.probability as number;
    expect(probability).toBeCloseTo(0.3 * of(x) + 0.7 * of(y), 6);
  }
});

test("with all weight on one model it is that model, to the last bit of what it writes", async () => {
  const mixture = await Mixture.of([first, second], { weights: [0, 1] });
  expect(await mixture.generateAll({ prompts: ["the "], maximumLength: 40, seed: 3 })).toEqual(
    await second.generateAll({ prompts: ["the "], maximumLength: 40, seed: 3 }),
  );
  const { texts } = await mixture.beamSearch({ prompt: "the ", beams: 4, maximumLength: 12 });
  expect(texts[0]?.text).toBe(
    (await second.beamSearch({ prompt: "the ", beams: 4, maximumLength: 12 })).texts[0]?.text,
  );
});

test("the weights that are fitted are the likeliest: no other is better, and the mixture is better than each model", async () => {
  const mixture = await Mixture.of([first, second]);
  const { weights, perplexities, perplexity } = await mixture.fit(text);
  expect(weights.reduce((a, b) => a + b)).toBeCloseTo(1, 9);
  expect(perplexity).toBeLessThan(Math.min(...perplexities));
  expect((await mixture.evaluate(text)).perplexity).toBeCloseTo(perplexity, 4);
  for (const shift of [-0.02, 0.02]) {
    const [w] = weights as [number];
    if (w + shift < 0 || w + shift > 1) continue;
    const other = await Mixture.of([first, second], { weights: [w + shift, 1 - w - shift] });
    expect((await other.evaluate(text)).perplexity).toBeGreaterThan(perplexity - 1e-6);
  }
  for (const [k, model] of [first, second].entries()) {
    expect(perplexities[k]).toBeCloseTo((await model.evaluate(text)).perplexity, 3);
  }
});

test("a text is compared token by token, by the mixture and by each of its models", async () => {
  const mixture = await Mixture.of([first, second], { weights: [0.3, 0.7] });
  const read = "the rose";
  const { tokens, total, totals } = await mixture.compare(read);
  const own = await Promise.all([first, second].map((model) => model.logProbability(read)));
  const both = await mixture.logProbability(read);
  expect(total).toBeCloseTo(both.total, 9);
  expect(totals).toEqual(own.map((one) => expect.closeTo(one.total, 4)));
  expect(tokens).toEqual(
    both.tokens.map(({ token, logProbability }, i) => ({
      token,
      logProbability: expect.closeTo(logProbability, 9),
      parts: own.map((one) => expect.closeTo(one.tokens[i]?.logProbability as number, 4)),
    })),
  );
  expect(totals[0]).not.toBeCloseTo(totals[1] as number, 2);
});

test("models without weights count alike, and a fit says how much of its reading is done", async () => {
  const mixture = await Mixture.of([first, second, first]);
  expect(await mixture.weights()).toEqual(new Array(3).fill(Math.fround(1 / 3)));
  const done: number[] = [];
  const { weights } = await mixture.fit("a rose", { onProgress: (share) => done.push(share) });
  expect(done).toEqual([0.25, 0.5, 0.75, 1]);
  expect(await mixture.weights()).toEqual(weights.map(Math.fround));
  expect(await (await Mixture.of([first, second], { weights: [0.5, 0.5 + 9e-7] })).weights()).toHaveLength(2);
  await expect(Mixture.of([first, second], { weights: [0.5, 0.5 - 2e-6] })).rejects.toThrow("weights that sum to 1");
});

test("the text is read in windows of the length that is asked for", async () => {
  const small = { tokenizer, hiddenSize: 8, heads: 1, layers: 1, contextLength: 16 };
  const parts = await Promise.all([1, 2].map((seed) => TransformerLanguageModel.create({ ...small, seed })));
  for (const { parameters, store } of parts) {
    for (const { name } of parameters)
      await store.write(
        name,
        (await store.read(name)).map((value) => 9 * value),
      );
  }
  const mixture = await Mixture.of(parts);
  for (const windowLength of [2, 16]) {
    const { perplexities } = await mixture.fit(text, { windowLength });
    for (const [k, part] of parts.entries()) {
      const { loss } = await part.evaluate(text, { windowLength });
      expect(Math.log(perplexities[k] as number)).toBeCloseTo(loss, 4);
    }
  }
  const [short, long] = await Promise.all([2, 16].map((windowLength) => mixture.evaluate(text, { windowLength })));
  expect(Math.abs((short?.perplexity as number) - (long?.perplexity as number))).toBeGreaterThan(0.01);
});

test("expectation-maximisation by hand: probabilities 0.5, 0.1 and 0.1, 0.5, 0.5 of three tokens", async () => {
  // The likelihood (0.5 w + 0.1 (1 - w)) (0.1 w + 0.5 (1 - w))^2 is greatest at w = 1/4: 0.4 / (0.1 + 0.4 w) = 0.8 / (0.5 - 0.4 w).
  const losses = [
    [0.5, 0.1, 0.1],
    [0.1, 0.5, 0.5],
  ].map((all) => Float64Array.from(all, (p) => -Math.log(p)));
  const [w] = (await likeliestWeights(losses)) as unknown as [number];
  expect(w).toBeCloseTo(1 / 4, 4);
  const reason = new Error("enough");
  await expect(likeliestWeights(losses, AbortSignal.abort(reason))).rejects.toBe(reason);
  const infinite = Number.POSITIVE_INFINITY;
  const impossible = [Float64Array.of(1, infinite), Float64Array.of(infinite, infinite)];
  await expect(likeliestWeights(impossible)).rejects.toThrow(/token 2 of the text impossible/);
  const apart = [Float64Array.of(1, infinite), Float64Array.of(infinite, 1)];
  expect(Array.from(await likeliestWeights(apart))).toEqual([0.5, 0.5]);
});

test("it is saved, loaded, and computes the same in the reference", async () => {
  const mixture = await Mixture.of([first, second], { weights: [0.4, 0.6] });
  const folder = join(mkdtempSync(join(tmpdir(), "mixture-")), "both");
  await mixture.save(folder);
  const { perplexity } = await mixture.evaluate(text);
  const loaded = (await loadModel(folder)) as Mixture;
  expect(loaded).toBeInstanceOf(Mixture);
  expect(await loaded.weights()).toEqual(await mixture.weights());
  expect((await loaded.evaluate(text)).perplexity).toBe(perplexity);
  const plain = await Mixture.load(folder, { executor: new ReferenceExecutor({ precision: "float64" }) });
  expect((await plain.evaluate(text)).perplexity).toBeCloseTo(perplexity, 4);
});

test("mixtures of mixtures, and models of lines whose padding costs nothing", async () => {
  const lines = { ...sizes, sentences: true };
  const [a, b] = [await LanguageModel.create({ ...lines, seed: 5 }), await LanguageModel.create({ ...lines, seed: 6 })];
  const mixture = await Mixture.of([await Mixture.of([a, b], { weights: [0.1, 0.9] }), a], { weights: [0.5, 0.5] });
  const uneven = "a\na rose is a rose is a rose\nthe\n";
  const alone = await mixture.evaluate(uneven);
  const together = await mixture.evaluate(uneven, { batchSize: 3 });
  expect(together.loss).toBeCloseTo(alone.loss, 6);
  const flat = await Mixture.of([a, b], { weights: [0.55, 0.45] });
  expect((await flat.evaluate(uneven)).loss).toBeCloseTo(alone.loss, 5);
});

test("a network and n-grams are a model that is saved, loaded and searched", async () => {
  const ngrams = await NgramModel.train(memoryStream(tokenizer.encode(text), text.length), {
    tokenizer,
    order: 3,
    running: true,
  });
  const mixture = await Mixture.of([first, ngrams], { weights: [0.25, 0.75] });
  const own = await Promise.all([first, ngrams, mixture].map((model) => model.logProbability("a rose is blue")));
  const [a, b, both] = own.map(({ tokens }) => tokens.map(({ logProbability }) => Math.exp(logProbability)));
  for (const [i, p] of (both as number[]).entries()) {
    expect(p).toBeCloseTo(0.25 * (a?.[i] as number) + 0.75 * (b?.[i] as number), 6);
  }
  const folder = join(mkdtempSync(join(tmpdir(), "mixture-")), "both");
  await mixture.save(folder);
  const loaded = await Mixture.load(folder);
  const search = { prompt: "the s", beams: 3, maximumLength: 6 };
  expect((await loaded.beamSearch(search)).texts).toEqual((await mixture.beamSearch(search)).texts);
  expect((await loaded.evaluate(text, { batchSize: 4 })).tokens).toBeGreaterThan(300);
});

test("while weights are fitted, the mixture goes on as it was, and a stop leaves them alone", async () => {
  const mixture = await Mixture.of([first, second], { weights: [0.3, 0.7] });
  const { perplexity } = await mixture.evaluate(text);
  const before = await mixture.weights();
  const fitting = mixture.fit(text);
  expect(await mixture.weights()).toEqual(before);
  expect((await mixture.evaluate(text)).perplexity).toBeLessThan(perplexity * 1.0001);
  await fitting;
  await expect(mixture.fit(text, { signal: AbortSignal.abort() })).rejects.toThrow();
});

test("a model that spells its words mixes too", async () => {
  const words = WordTokenizer.fromText("a rose is red the sea is blue");
  const sizes = { tokenizer: words, hiddenSize: 4, layers: 1 };
  const spelling = await CharacterAwareLanguageModel.create({ ...sizes, filters: 2, seed: 1 });
  const mixture = await Mixture.of([spelling, await LanguageModel.create({ ...sizes, seed: 2 })]);
  const folder = join(mkdtempSync(join(tmpdir(), "mixture-")), "both");
  await mixture.save(folder);
  const { perplexity } = await mixture.evaluate("the rose is red");
  expect((await (await Mixture.load(folder)).evaluate("the rose is red")).perplexity).toBe(perplexity);
  expect((await mixture.fit("the rose is blue")).weights.length).toBe(2);
});

test("models that do not go together are refused by name", async () => {
  const other = await LanguageModel.create({ ...sizes, tokenizer: CharacterTokenizer.fromText("abc") });
  const lines = await LanguageModel.create({ ...sizes, sentences: true });
  await expect(Mixture.of([first])).rejects.toThrow("expected parts to hold at least 2 models, got 1");
  await expect(Mixture.of([first, other])).rejects.toThrow(
    /model 1, a LanguageModel, and model 2, .*different vocabularies/,
  );
  const words = async (unknown: boolean) =>
    LanguageModel.create({ ...sizes, tokenizer: WordTokenizer.fromText("a b c", { unknown }) });
  await expect(Mixture.of([await words(true), await words(false)])).rejects.toThrow(
    /Model 1 has a token for what it does not know, <unk>, and the other has none: train both .*--vocabulary/,
  );
  await expect(Mixture.of([await words(false), await words(true)])).rejects.toThrow(/Model 2 has a token for what it/);
  await expect(Mixture.of([await words(false), await words(false), await words(true)])).rejects.toThrow(
    /model 1, a LanguageModel, and model 3, a LanguageModel, have .* \(4 and 5 tokens\)\. Model 3 has a token for what it/,
  );
  const characters = async (unknown: boolean) =>
    LanguageModel.create({ ...sizes, tokenizer: CharacterTokenizer.fromText("a b c", { unknown }) });
  await expect(Mixture.of([await characters(true), await characters(false)])).rejects.toThrow(
    "train both on the same text with one (unknown: true; --unknown), or give the second the tokenizer of the first.",
  );
  await expect(Mixture.of([first, lines])).rejects.toThrow(/one reads each line on its own|different vocabularies/);
  await expect(Mixture.of([first, second], { weights: [0.5, 0.6] })).rejects.toThrow("weights that sum to 1");
  await expect(Mixture.of([first, second], { weights: [1] })).rejects.toThrow("one number for each of 2 models");
  const network = (model: string, config: object) =>
    new MixtureNetwork({ vocabularySize: 2, parts: [model, model].map((kind) => ({ model: kind, config })) as never });
  expect(() => network("Elsewhere", {})).toThrow(
    'Mixture: the kind "Elsewhere" of a part is not known (registerKind).',
  );
  expect(() => network("Forecaster", { horizon: 1 })).toThrow("Mixture: a Forecaster is no model of text.");
  for (const counts of [[], [3], [2, ...new Array(24).fill(1)]]) {
    expect(() => network("NgramModel", { vocabularySize: 2, counts })).toThrow(
      `NgramModel: expected counts of 1 to 24 orders, the first of them 2, got ${counts.length} with ${counts[0]} first.`,
    );
  }
  const mixture = await Mixture.of([first, second]);
  const data = new WindowData(memoryStream(tokenizer.encode(text), text.length), { batchSize: 2, windowLength: 8 });
  await expect(new Trainer(mixture, { data, epochs: 1 }).run()).rejects.toThrow("train its models one by one");
});
