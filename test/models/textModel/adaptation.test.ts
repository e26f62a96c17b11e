import { expect, test } from "vitest";
import type { Values } from "../../../lib/executor/executor.js";
import {
  adam,
  CharacterTokenizer,
  Corpus,
  differentiate,
  Graph,
  LanguageModel,
  Mixture,
  memoryStream,
  NgramModel,
  nativeExecutor,
  ops,
  ReferenceExecutor,
  Trainer,
  TransformerLanguageModel,
  WindowData,
} from "../../../lib/index.js";

const text = "the sea is blue, the sky is blue.\na rose is a rose is a rose.\nthe sea is wide and the sky is high.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const sizes = { tokenizer, layers: 2, hiddenSize: 12, executor: nativeExecutor(), initializer: "uniform:0.3" };
const model = await LanguageModel.create(sizes);
{
  const data = new WindowData(memoryStream(tokenizer.encode(text), text.length), { batchSize: 2, windowLength: 8 });
  await new Trainer(model, { data, epochs: 30, optimizer: adam({ learningRate: 0.01 }) }).run();
}
const lines = await LanguageModel.create({ ...sizes, sentences: true });

const totalOf = async (one: LanguageModel, content: string, options: object = {}) => {
  const { loss, tokens } = await one.evaluate(content, options);
  return loss * tokens;
};

/** The loss of a text beside a cache, straight from its definition: every probability from all that came before. */
function plainLoss(
  tokens: readonly { token: string; logProbability: number }[],
  { size, weight, likeness }: { size: number; weight: number; likeness: (t: number, i: number) => number },
): number {
  let total = 0;
  for (const [t, { token, logProbability }] of tokens.entries()) {
    const before = tokens
      .slice(0, t)
      .map((one, i) => ({ ...one, i }))
      .slice(-size);
    const p = Math.exp(logProbability);
    const all = before.reduce((sum, { i }) => sum + likeness(t, i), 0);
    const own = before.filter((one) => one.token === token).reduce((sum, { i }) => sum + likeness(t, i), 0);
    total -= Math.log(before.length === 0 ? p : (1 - weight) * p + (weight * own) / all);
  }
  return total;
}

for (const size of [1, 7, 30, 1000]) {
  test(`a cache of ${size} counts what the last tokens were`, async () => {
    const { tokens } = await model.logProbability(text);
    const expected = plainLoss(tokens, { size, weight: 0.2, likeness: () => 1 });
    for (const windowLength of [1, 5, 64]) {
      const options = { cacheSize: size, cacheWeight: 0.2, windowLength };
      expect(await totalOf(model, text, options)).toBeCloseTo(expected, 3);
    }
  });

  test(`a continuous cache of ${size} weighs them by how like their states are`, async () => {
    const { tokens } = await model.logProbability(text);
    const { layers } = await model.activations(text);
    const { values } = layers.find(({ name }) => name === "layer 2 hidden") as (typeof layers)[number];
    // Target t is predicted from the state after token t of the text.
    const state = (t: number) => Array.from(values.subarray(12 * t, 12 * t + 12));
    const theta = 1.5;
    const likeness = (t: number, i: number) =>
      Math.exp(theta * state(t).reduce((sum, x, k) => sum + x * (state(i)[k] as number), 0));
    const expected = plainLoss(tokens, { size, weight: 0.3, likeness });
    for (const windowLength of [1, 5, 64]) {
      const options = { cacheSize: size, cacheWeight: 0.3, cacheTheta: theta, windowLength };
      expect(await totalOf(model, text, options)).toBeCloseTo(expected, 3);
    }
  });
}

test("the reference executor in float64 agrees", async () => {
  const reference = await LanguageModel.create({ ...sizes, executor: new ReferenceExecutor({ precision: "float64" }) });
  const native = await LanguageModel.create(sizes);
  for (const options of [
    { cacheSize: 20, cacheTheta: 2 },
    { dynamicRate: 0.5, dynamicDecay: 0.1 },
  ]) {
    expect(await totalOf(native, text, options)).toBeCloseTo(await totalOf(reference, text, options), 3);
  }
});

test("in a model of sentences the cache goes on from line to line, in the order of the text", async () => {
  const uneven = "a rose is a rose.\nthe\n\nthe sea is blue, the sky is high.\nsea\n";
  const { tokens } = await lines.logProbability(uneven);
  const expected = plainLoss(tokens, { size: 12, weight: 0.25, likeness: () => 1 });
  expect(await totalOf(lines, uneven, { cacheSize: 12, cacheWeight: 0.25 })).toBeCloseTo(expected, 3);
  const theta = { cacheSize: 12, cacheWeight: 0.25, cacheTheta: 1 };
  expect(await totalOf(lines, uneven, theta)).not.toBeCloseTo(expected, 3);
});

test("what comes later changes nothing of what was measured before", async () => {
  const [head, one, other] = [text.slice(0, 61), "\nthe sky is high.", "\na rose is a sky."];
  for (const options of [
    { cacheSize: 40 },
    { cacheSize: 40, cacheTheta: 1 },
    { dynamicRate: 0.5, windowLength: 5 },
    { dynamicRate: 0.5, dynamicDecay: 0.05, cacheSize: 9, cacheTheta: 0.5, windowLength: 5 },
  ]) {
    const before = await totalOf(model, head, options);
    const losses = await Promise.all([one, other].map((tail) => totalOf(model, head + tail, options)));
    // The 60 tokens that are predicted make whole windows; the rest is what the tails alone add.
    for (const total of losses) expect(total).toBeGreaterThan(before);
    const tail = await totalOf(model, head + one.slice(0, 5), options);
    expect(tail - before).toBeGreaterThan(0);
    expect(await totalOf(model, head, options)).toBe(before);
  }
});

test("dynamic evaluation is the loss by the weights of each moment, which a step of descent then moves", async () => {
  const [learningRate, decay, windowLength] = [0.3, 0.2, 6];
  const executor = new ReferenceExecutor({ precision: "float64" });
  const own = await LanguageModel.create({ ...sizes, executor });
  const start = new Map<string, Float64Array>();
  for (const { name } of own.parameters) start.set(name, Float64Array.from(await own.store.read(name)));
  const measured = await totalOf(own, text, { dynamicRate: learningRate, dynamicDecay: decay, windowLength });

  const weights = new Map(start);
  const ids = tokenizer.encode(text);
  const states = own.network.stateEntries;
  let state: Record<string, Values> = Object.fromEntries(
    states.map(({ name, size }) => [name, new Float64Array(size)]),
  );
  let total = 0;
  for (let at = 0; at + 1 < ids.length; at += windowLength) {
    const T = Math.min(windowLength, ids.length - 1 - at);
    const graph = new Graph();
    const before = Object.fromEntries(states.map(({ name, size }) => [name, graph.feed(name, "f32", [1, size])]));
    const { losses, last } = own.network.losses({
      inputs: graph.feed("inputs", "i32", [T, 1]),
      targets: graph.feed("targets", "i32", [T, 1]),
      state: before,
    });
    graph.output("total", ops.sum(losses));
    const parameters = own.parameters.map((parameter) => parameter.in(graph));
    for (const [i, slope] of differentiate(ops.mean(losses), parameters).entries()) graph.output(`${i}`, slope);
    for (const [name, tensor] of Object.entries(last)) graph.output(`last ${name}`, tensor as never);
    const store = executor.createStore();
    for (const { name, shape } of own.parameters) {
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, weights.get(name) as Float64Array);
    }
    const inputs = ids.slice(at, at + T);
    const { outputs } = await executor
      .compile(graph.program(), store)
      .run({ inputs, targets: ids.slice(at + 1, at + 1 + T), ...state });
    total += outputs.total?.[0] as number;
    state = Object.fromEntries(states.map(({ name }) => [name, outputs[`last ${name}`] as Float64Array]));
    const norm = Math.hypot(...own.parameters.map((_, i) => Math.hypot(...(outputs[i] as Float64Array))));
    for (const [i, { name }] of own.parameters.entries()) {
      const gradient = outputs[i] as Float64Array;
      const first = start.get(name) as Float64Array;
      const moved = (weights.get(name) as Float64Array).map((w, k) => {
        const step = learningRate * Math.min(1, 5 / norm) * (gradient[k] as number);
        return w - step + decay * ((first[k] as number) - w);
      });
      weights.set(name, moved);
    }
  }
  expect(measured).toBeCloseTo(total, 4);
});

test("a text that repeats itself is easier with either, and the model is as it was", async () => {
  const repeated = "a blue rose.\n".repeat(30);
  const weights = async () => {
    const all = await Promise.all(model.parameters.map(({ name }) => model.store.read(name)));
    return all.map((values) => [...values]);
  };
  const before = await weights();
  const plain = await totalOf(model, repeated);
  expect(await totalOf(model, repeated, { dynamicRate: 0.5 })).toBeLessThan(0.7 * plain);
  expect(await totalOf(model, repeated, { cacheSize: 100, cacheTheta: 3, cacheWeight: 0.3 })).toBeLessThan(plain);
  const stop = new AbortController();
  const shares: number[] = [];
  const onProgress = (share: number) => {
    shares.push(share);
    if (share > 0.4) stop.abort();
  };
  const stopped = model.evaluate(repeated, { dynamicRate: 0.5, signal: stop.signal, onProgress });
  await expect(stopped).rejects.toThrow(/aborted/);
  expect(shares.at(-1)).toBeLessThan(0.6);
  expect(await weights()).toEqual(before);
  expect(await totalOf(model, repeated)).toBe(plain);
});

test("measurements of one model at a time do not disturb each other", async () => {
  const all = [{}, { cacheSize: 20, cacheTheta: 1 }, { dynamicRate: 0.3 }, { cacheSize: 5 }];
  const alone: number[] = [];
  for (const options of all) alone.push(await totalOf(model, text, options));
  expect(await Promise.all(all.map((options) => totalOf(model, text, options)))).toEqual(alone);
});

test("n-grams have a cache too, and mixtures; a Transformer has states", async () => {
  const ngrams = await NgramModel.train(Corpus.fromText(text), { order: 3, tokenizer });
  const { tokens } = await ngrams.logProbability(text);
  const { loss, tokens: count } = await ngrams.evaluate(text, { cacheSize: 15, cacheWeight: 0.3 });
  expect(loss * count).toBeCloseTo(plainLoss(tokens, { size: 15, weight: 0.3, likeness: () => 1 }), 2);
  await expect(ngrams.evaluate(text, { cacheSize: 15, cacheTheta: 1 })).rejects.toThrow(/cacheTheta needs a network/);
  await expect(ngrams.evaluate(text, { dynamicRate: 1 })).rejects.toThrow(/dynamicRate needs a network/);

  const mixture = await Mixture.of([model, await LanguageModel.create({ ...sizes, seed: 3 })]);
  const mixed = plainLoss((await mixture.logProbability(text)).tokens, { size: 15, weight: 0.3, likeness: () => 1 });
  expect(await totalOf(mixture as never, text, { cacheSize: 15, cacheWeight: 0.3 })).toBeCloseTo(mixed, 3);
  await expect(mixture.evaluate(text, { cacheSize: 15, cacheTheta: 1 })).rejects.toThrow(/shows none: leave it out/);
  await expect(mixture.evaluate(text, { dynamicRate: 1 })).rejects.toThrow(/needs weights that training changes/);

  const transformer = await TransformerLanguageModel.create({
    tokenizer,
    layers: 1,
    heads: 2,
    hiddenSize: 8,
    contextLength: 16,
  });
  const plain = await totalOf(transformer as never, text);
  expect(await totalOf(transformer as never, text, { cacheSize: 40, cacheTheta: 0.5, cacheWeight: 0.4 })).toBeLessThan(
    plain,
  );
});

test("options that mean nothing alone, or contradict each other, are refused", async () => {
  const refusals: [object, RegExp][] = [
    [{ cacheTheta: 1 }, /cacheTheta needs cacheSize/],
    [{ cacheWeight: 0.3 }, /cacheWeight needs cacheSize/],
    [{ dynamicDecay: 0.1 }, /dynamicDecay needs dynamicRate/],
    [{ cacheSize: 10, batchSize: 4 }, /cacheSize and batchSize exclude each other/],
    [{ dynamicRate: 1, batchSize: 4 }, /dynamicRate and batchSize exclude each other/],
    [{ cacheSize: 10, cacheWeight: 1 }, /expected cacheWeight to be a number.*below 1/],
  ];
  for (const [options, words] of refusals) await expect(model.evaluate(text, options)).rejects.toThrow(words);
});
