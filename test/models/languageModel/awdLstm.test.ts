import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { describe, expect, onTestFinished, test } from "vitest";
import {
  CharacterTokenizer,
  differentiate,
  Embedding,
  Graph,
  LanguageModel,
  memoryStream,
  nativeExecutor,
  ops,
  RecurrentStack,
  ReferenceExecutor,
  Trainer,
  WindowData,
} from "../../../lib/index.js";
import { LanguageModelNetwork } from "../../../lib/models/languageModel/network.js";
import { knownCells } from "../../../lib/nn/cellRegistry.js";
import { numbers } from "../../graph/case.js";
import { expectSlopes, storeOf } from "../slopes.js";

const sizes = { vocabularySize: 11, hiddenSize: 6, embeddingSize: 4, layers: 2 };

describe.each([
  ["native", () => nativeExecutor()],
  ["reference", () => new ReferenceExecutor()],
] as const)("on the %s executor", (_, make) => {
  test("a word that is left out is left out everywhere, and the others are larger by as much; so are their gradients", async () => {
    const [V, E, p] = [400, 3, 0.3];
    const embedding = new Embedding("e", { vocabularySize: V, embeddingSize: E, dropout: p });
    const graph = new Graph({ training: true });
    const y = embedding.apply(graph.feed("ids", "i32", [2, V]));
    const [gradient] = differentiate(ops.sum(y), [embedding.weight.in(graph)]);
    graph.output("y", y);
    graph.output("gradient", gradient as typeof y);
    const executor = make();
    const store = await storeOf(executor, embedding);
    const executable = executor.compile(graph.program(), store);
    const ids = Int32Array.from({ length: 2 * V }, (_, i) => i % V);
    const table = await store.read("e.weight");
    const droppedAt = async (step: number) => {
      const feeds = { ids, random: Int32Array.of(1, step), ...graph.defaults };
      const { outputs } = await executable.run(feeds);
      const dropped: number[] = [];
      for (let id = 0; id < V; id++) {
        const scale = (outputs.y?.[id * E] as number) / (table[id * E] as number);
        if (scale === 0) dropped.push(id);
        else expect(scale).toBeCloseTo(1 / (1 - p), 5);
        for (let k = 0; k < E; k++) {
          for (const row of [id, V + id]) {
            expect(outputs.y?.[row * E + k]).toBeCloseTo(scale * (table[id * E + k] as number), 5);
          }
          expect(outputs.gradient?.[id * E + k]).toBeCloseTo(2 * scale, 5);
        }
      }
      return dropped;
    };
    const [first, again, second] = [await droppedAt(1), await droppedAt(1), await droppedAt(2)];
    expect(again).toEqual(first);
    expect(second).not.toEqual(first);
    expect(first.length / V).toBeCloseTo(p, 1);
  });
});

test("dropout has a rate of its own at each place, which is that of all unless it is said", () => {
  const ratesOf = (config: object) => {
    const graph = new Graph({ training: true });
    const network = new LanguageModelNetwork({ ...sizes, ...config });
    network.losses({ inputs: graph.feed("i", "i32", [3, 2]), targets: graph.feed("t", "i32", [3, 2]) });
    return graph.defaults;
  };
  expect(ratesOf({ dropout: 0.5 })).toEqual({ "embedding.dropout": 0.5, "rnn.dropout": 0.5, "output.dropout": 0.5 });
  const all = { dropout: 0.4, inputDropout: 0.3, layerDropout: 0.2, outputDropout: 0, embeddingDropout: 0.1 };
  expect(ratesOf({ ...all, weightDropout: 0.6 })).toEqual({
    "embedding.dropout": 0.3,
    "embedding.rows": 0.1,
    "rnn.dropout": 0.2,
    "rnn.weightDropout": 0.6,
  });
});

test("with all of it at once, gradients are those of finite differences", async () => {
  const config = { dropout: 0.3, variational: true, weightDropout: 0.4, embeddingDropout: 0.3, tied: true };
  const network = new LanguageModelNetwork({
    ...{ ...sizes, ...config, lastHiddenSize: 4, layerDropout: 0.2, activationPenalty: 2, temporalPenalty: 1 },
  });
  const graph = new Graph({ training: true });
  const { losses, penalty } = network.losses({
    inputs: graph.feed("inputs", "i32", [5, 3]),
    targets: graph.feed("targets", "i32", [5, 3]),
  });
  const feeds = {
    inputs: Int32Array.from({ length: 15 }, (_, i) => (i * 7) % 11),
    targets: Int32Array.from({ length: 15 }, (_, i) => (i * 5 + 3) % 11),
    random: Int32Array.of(3, 4),
  };
  const rates = Object.fromEntries(Object.entries(graph.defaults).map(([name, rate]) => [name, Float64Array.of(rate)]));
  await expectSlopes(graph, ops.add(ops.mean(losses), penalty as typeof losses), network, { ...feeds, ...rates });
});

test("padding and neighbours do not change the penalties: each is a mean over what there is", async () => {
  const penaltyOf = async (config: object, lengths: readonly number[]) => {
    const network = new LanguageModelNetwork({ ...sizes, ...config });
    const graph = new Graph({ training: true });
    const [T, B] = [6, lengths.length];
    const { penalty } = network.losses({
      inputs: graph.feed("inputs", "i32", [T, B]),
      targets: graph.feed("targets", "i32", [T, B]),
      lengths: graph.feed("lengths", "i32", [B]),
    });
    graph.output("penalty", penalty as never);
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
    // Sequence b reads b, b + 1 ..., whoever stands beside it.
    const inputs = Int32Array.from({ length: T * B }, (_, i) => ((lengths[i % B] as number) + Math.floor(i / B)) % 11);
    const targets = inputs.map((id, i) => (Math.floor(i / B) < (lengths[i % B] as number) ? id : -1));
    const { outputs } = await executor
      .compile(graph.program(), store)
      .run({ inputs, targets, lengths: Int32Array.from(lengths) });
    return outputs.penalty?.[0] as number;
  };
  for (const [config, termsOf] of [
    [{ activationPenalty: 2 }, (length: number) => length],
    [{ activationPenalty: 2, layerNorm: true }, (length: number) => length],
    [{ temporalPenalty: 3 }, (length: number) => length - 1],
  ] as const) {
    const lengths = [6, 2, 4];
    const alone = await Promise.all(lengths.map((length) => penaltyOf(config, [length])));
    const terms = lengths.map(termsOf);
    const sum = alone.reduce((total, penalty, b) => total + penalty * (terms[b] as number), 0);
    expect(await penaltyOf(config, lengths)).toBeCloseTo(sum / terms.reduce((a, b) => a + b), 10);
  }
});

test.each(knownCells().map((cell) => [cell.name, cell] as const))(
  "%s: the last layer of a stack may have a size of its own",
  async (_, cell) => {
    const stack = new RecurrentStack("rnn", { cell, inputSize: 3, hiddenSize: 5, lastHiddenSize: 2, layers: 3 });
    const widths = stack.stateEntries.filter(({ kind }) => kind === "h").map(({ size }) => size);
    expect([widths, stack.outputSize]).toEqual([[5, 5, 2], 2]);
    const [T, B] = [4, 2];
    const graph = new Graph();
    const x = graph.feed("x", "f32", [T, B, 3]);
    graph.output("y", stack.apply(x).y);
    let state = stack.zeroState(graph, B);
    for (let t = 0; t < T; t++) {
      const row = ops.reshape(ops.slice(x, { axis: 0, start: t, end: t + 1 }), [B, 3]);
      const step = stack.step(row, state);
      state = step.state;
      graph.output(`y${t}`, step.y);
    }
    const executor = new ReferenceExecutor({ precision: "float64" });
    const store = await storeOf(executor, stack, (i, size) => numbers(size, i + 1));
    const { outputs } = await executor.compile(graph.program(), store).run({ x: numbers(T * B * 3, 50) });
    const steps = Array.from({ length: T }, (_, t) => [...(outputs[`y${t}`] as Float64Array)]).flat();
    for (const [i, value] of (outputs.y as Float64Array).entries()) expect(value).toBeCloseTo(steps[i] as number, 9);
  },
);

test("a configuration has what was asked for and nothing else, and comes back from its folder", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-awd-"));
  onTestFinished(() => rm(folder, { recursive: true, force: true }));
  const text = "the sea is blue, the sky is blue.\n".repeat(20);
  const tokenizer = CharacterTokenizer.fromText(text);
  const names = [
    "lastHiddenSize",
    "inputDropout",
    "layerDropout",
    "outputDropout",
    "embeddingDropout",
    "activationPenalty",
  ];
  const plain = await LanguageModel.create({ tokenizer, hiddenSize: 6 });
  expect(Object.keys(plain.network.config)).toEqual(expect.not.arrayContaining([...names, "temporalPenalty"]));
  const own = {
    layers: 2,
    hiddenSize: 8,
    lastHiddenSize: 5,
    embeddingSize: 5,
    tied: true,
    temporalPenalty: 1,
    activationPenalty: 2,
  };
  const model = await LanguageModel.create({ tokenizer, ...own, layerDropout: 0.1, outputDropout: 0 });
  expect(model.network.config).toMatchObject({ ...own, layerDropout: 0.1, outputDropout: 0 });
  const data = new WindowData(memoryStream(tokenizer.encode(text), 0), {
    batchSize: 2,
    windowLength: 10,
    windowSpread: 3,
  });
  const trainer = new Trainer(model, { data, epochs: 2, folder });
  // Adam's rate of 0.001, as much as the window is longer than 10 tokens.
  const rates = new Set<number>();
  trainer.on("step", ({ learningRate }) => rates.add(Number((1e4 * learningRate).toFixed(9))));
  await trainer.run();
  expect(rates.size).toBeGreaterThan(4);
  for (const rate of rates) expect(Number.isInteger(rate)).toBe(true);
  const loaded = await LanguageModel.load(folder);
  expect(loaded.network.config).toEqual(model.network.config);
  expect((await loaded.evaluate(text)).loss).toBe((await model.evaluate(text)).loss);
});

test("the penalty is in the objective of training, and not in the loss that is reported", async () => {
  const text = "the sea is blue, the sky is blue.\n".repeat(20);
  const tokenizer = CharacterTokenizer.fromText(text);
  const runOf = async (penalties: object, reduction: "token" | "sequence" = "token") => {
    const model = await LanguageModel.create({ tokenizer, hiddenSize: 12, layers: 1, ...penalties });
    const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 4, windowLength: 8 });
    const trainer = new Trainer(model, { data, maximumSteps: 2, optimizer: "sgd", reduction, clipNorm: 0 });
    const [losses, norms]: [number[], number[]] = [[], []];
    trainer.on("step", ({ loss, gradientNorm }) => {
      losses.push(loss);
      norms.push(gradientNorm);
    });
    await trainer.run();
    return { losses, norms };
  };
  const [plain, penalised, summed] = [
    await runOf({}),
    await runOf({ activationPenalty: 5 }),
    await runOf({ activationPenalty: 5 }, "sequence"),
  ];
  expect(penalised.losses[0]).toBe(plain.losses[0]);
  expect(penalised.norms[0]).not.toBeCloseTo(plain.norms[0] as number, 4);
  expect(penalised.losses[1]).not.toBe(plain.losses[1]);
  // A sum over the 8 steps of a window, penalty and all.
  expect((summed.norms[0] as number) / (penalised.norms[0] as number)).toBeCloseTo(8, 3);
});

test("one layer has none before a last one, and nothing between layers: both are refused with what to do", async () => {
  const tokenizer = CharacterTokenizer.fromText("ab\n");
  const make = (options: object) => LanguageModel.create({ tokenizer, layers: 1, hiddenSize: 4, ...options });
  await expect(make({ layerDropout: 0.2 })).rejects.toThrow(
    /layerDropout lies between layers.*layers: 1.*inputDropout/,
  );
  await expect(make({ lastHiddenSize: 3 })).rejects.toThrow(/lastHiddenSize .*layers: 1.*set hiddenSize, now 4/);
  await expect(make({ layers: 2, lastHiddenSize: 3, layerDropout: 0.2 })).resolves.toBeDefined();
});
