import { execFileSync } from "node:child_process";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, memoryStream, TokenizerPair } from "../../lib/data/index.js";
import { OptionError } from "../../lib/errors.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { PairData } from "../../lib/models/pairModel/pairData.js";
import { Seq2Seq } from "../../lib/models/seq2seq/seq2seq.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import type { Cell } from "../../lib/nn/index.js";
import { cellWeights, defineCell, LSTM, RecurrentStack, registerCell } from "../../lib/nn/index.js";
import { real, whole } from "../../lib/options.js";
import { Trainer } from "../../lib/train/trainer.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

/** A leaky integrator with a memory of another size than its output, and an option of its own. */
function leaky(name: string, step?: Cell["step"]) {
  return defineCell({
    name,
    title: "leaky integrator",
    gates: ["n"],
    options: { leak: real({ above: 0, below: 1, initial: 0.5 }), memory: whole({ minimum: 1, initial: 7 }) },
    states: ({ H }, { memory }) => ({ h: H, m: memory }),
    weights: (sizes, { memory }) => ({
      ...cellWeights.gated(1, sizes),
      weight_hm: cellWeights.recurrent([memory, sizes.H]),
      weight_mh: cellWeights.recurrent([sizes.H, memory]),
    }),
    step:
      step ??
      (({ a, state: { h, m }, weights, options: { leak } }) => {
        const memory = ops.add(
          ops.affine(m, { scale: 1 - leak }),
          ops.affine(ops.linear(h, weights.weight_hm), { scale: leak }),
        );
        const read = ops.add(ops.linear(h, weights.weight_hh, weights.bias_hh), ops.linear(memory, weights.weight_mh));
        return { h: ops.tanh(ops.add(a, read)), m: memory };
      }),
  });
}

const text = "abcd abcd\n".repeat(30);
const tokenizer = CharacterTokenizer.fromText(text, { unknown: true });
const executor = nativeExecutor();
const pair = new TokenizerPair(tokenizer, tokenizer);
const pairs = [
  { source: "ab", target: "ba", place: "1" },
  { source: "bc", target: "cb", place: "2" },
];

test("a cell of one's own, with a state of its own size, learns, is saved, loaded, writes and searches in both kinds of model", async () => {
  registerCell(leaky("leaky"));
  const own = { cell: "leaky", ...{ leak: 0.25, memory: 5 } };
  const model = await LanguageModel.create({ tokenizer, executor, hiddenSize: 12, layers: 2, ...own });
  const before = (await model.evaluate(text)).loss;
  const data = new WindowData(memoryStream(tokenizer.encode(text), text.length), { batchSize: 2, windowLength: 20 });
  await new Trainer(model, { data, epochs: 10 }).run();
  expect((await model.evaluate(text)).loss).toBeLessThan(before);
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = await LanguageModel.load(folder, { executor });
  expect(loaded.network.config).toMatchObject(own);
  expect(loaded.network.recurrent.stateEntries.map(({ name, size }) => [name, size])).toEqual([
    ["h_l0", 12],
    ["m_l0", 5],
    ["h_l1", 12],
    ["m_l1", 5],
  ]);
  expect(await loaded.evaluate(text)).toEqual(await model.evaluate(text));
  expect((await loaded.beamSearch({ prompt: "ab", beams: 2, maximumLength: 5 })).texts.length).toBeGreaterThan(0);
  expect((await loaded.activations("abc")).layers.map(({ name }) => name)).toEqual([
    "layer 1 hidden",
    "layer 1 m",
    "layer 2 hidden",
    "layer 2 m",
  ]);

  const translator = await Seq2Seq.create({ tokenizer: pair, executor, hiddenSize: 8, ...own });
  await new Trainer(translator, {
    data: await PairData.create(pairs, { tokenizer: pair, batchSize: 2 }),
    epochs: 2,
  }).run();
  await translator.save(`${folder}-pairs`);
  const again = await Seq2Seq.load(`${folder}-pairs`, { executor });
  expect(again.network.config).toMatchObject(own);
  expect(await again.translate(["ab"], { beams: 2 })).toEqual(await translator.translate(["ab"], { beams: 2 }));
});

test("a folder with a cell that nobody has made known names it and says what to do", async () => {
  registerCell(leaky("known-here-only"));
  const model = await LanguageModel.create({ tokenizer, executor, cell: "known-here-only", hiddenSize: 4 });
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const program = `
    import { LanguageModel, nativeExecutor } from "./dist/index.js";
    await LanguageModel.load(${JSON.stringify(folder)}, { executor: nativeExecutor() });`;
  const run = () => execFileSync(process.execPath, ["--input-type=module", "-e", program], { stdio: "pipe" });
  expect(run).toThrow(/registerCell\(cell\) has made known before.*, got "known-here-only"/);
});

test("a name stands for one cell", () => {
  const cell = leaky("twice");
  registerCell(cell);
  expect(() => registerCell(cell)).not.toThrow();
  expect(() => registerCell(leaky("twice"))).toThrow('another cell is called "twice"');
  expect(() => registerCell(leaky("lstm"))).toThrow('another cell is called "lstm"');
  for (const other of [undefined, "lstm", { name: "three" }, { ...cell, step: 3 }, { ...cell, options: undefined }]) {
    expect(() => registerCell(other as never)).toThrow(/expected .* to be a cell, made by defineCell/);
  }
  expect(() => leaky("Two words")).toThrow(/expected name to be a name of small letters/);
});

test("options belong to their cells, and a cell's may not be the model's", async () => {
  const config = { tokenizer, executor, hiddenSize: 4 } as const;
  await expect(LanguageModel.create({ ...config, cell: "mingru", reset: "before" })).rejects.toThrow(
    'LanguageModel: reset belongs to the cell "gru", and this model\'s cell is "mingru".',
  );
  await expect(Seq2Seq.create({ executor, tokenizer: pair, cell: "gru", activation: "relu" })).rejects.toThrow(
    'Seq2Seq: activation belongs to the cells "indrnn", "rnn", and this model\'s cell is "gru".',
  );
  await expect(LanguageModel.create({ ...config, cell: "lstm", forgetbias: 2 } as never)).rejects.toThrow(
    'unknown option "forgetbias"; did you mean forgetBias?',
  );
  registerCell(defineCell({ ...leaky("clash"), options: { tied: real({ initial: 1 }) } } as never));
  await expect(LanguageModel.create({ ...config, cell: "clash" })).rejects.toThrow(
    'LanguageModel: the cell "clash" and the model both have an option tied.',
  );
  expect(() => new RecurrentStack("rnn", { cell: "no-such", inputSize: 2, hiddenSize: 3 })).toThrow(OptionError);
});

test("configurations of lstm, gru and rnn are written as they always were, so that a training of an older folder resumes", async () => {
  const model = await LanguageModel.create({ tokenizer, executor, cell: "gru", hiddenSize: 4 });
  const cells = { forgetBias: 1, reset: "after", activation: "tanh" };
  const sizes = { vocabularySize: tokenizer.size, cell: "gru", layers: 2, hiddenSize: 4, embeddingSize: 4, dropout: 0 };
  const form = { variational: false, connections: "plain", tied: false, layerNorm: false, initializer: "default" };
  // The order counts: a folder's digest is that of the text.
  expect(JSON.stringify(model.network.config)).toBe(JSON.stringify({ ...sizes, ...form, ...cells, sentences: false }));
  const plain = await Seq2Seq.create({ tokenizer: pair, executor, cell: "gru", hiddenSize: 4 });
  expect(Object.keys(plain.network.config)).not.toContain("reset");
  const before = await Seq2Seq.create({ tokenizer: pair, executor, cell: "gru", reset: "before", hiddenSize: 4 });
  expect(before.network.config.reset).toBe("before");
  const newer = await LanguageModel.create({ tokenizer, executor, cell: "indrnn", hiddenSize: 4 });
  expect(newer.network.config).toMatchObject({ activation: "relu" });
  expect(Object.keys(newer.network.config)).not.toContain("reset");
});

test("an equation that gives what the cell did not promise is refused by the layer's name", () => {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [4, 2, 3]);
  const stackOf = (cell: Cell) => new RecurrentStack("encoder", { cell, inputSize: 3, hiddenSize: 5 });
  const apply = (step: Cell["step"]) => () => stackOf(leaky("wrong", step)).apply(x);
  expect(apply(({ state }) => ({ h: state.h }) as never)).toThrow(
    /encoder, cell "wrong", its step: expected m to be a Tensor/,
  );
  expect(apply(({ state }) => ({ h: state.m, m: state.m }) as never)).toThrow(
    /its step: expected h of shape \[B=2,5\]/,
  );
  expect(apply(({ state }) => ({ ...state, n: state.h }) as never)).toThrow(/its step: unknown option "n"/);
  const cellOf = (change: object) => defineCell({ ...leaky("wrong"), ...change } as never) as Cell;
  expect(() => stackOf(cellOf({ states: () => ({ m: 5 }) }))).toThrow(
    /expected its states to have an h of size 5, got undefined/,
  );
  expect(() => stackOf(cellOf({ states: ({ H }: { H: number }) => ({ h: H, m: "7" }) }))).toThrow(
    /expected its states.m to be/,
  );
  expect(() => stackOf(cellOf({ weights: () => ({ weight_ih: [5, 3] }) }))).toThrow(
    /expected its weights.weight_ih to be a weight of cellWeights/,
  );
  expect(() => defineCell({ name: "x", title: "x", gates: ["n"] } as never)).toThrow(
    /expected states to be a function/,
  );
});

test("whoever knows a stack's state reads it as values, not as names to parse", () => {
  const stack = new LSTM("rnn", { inputSize: 2, hiddenSize: 3, bidirectional: true });
  expect(stack.stateEntries).toEqual([
    { name: "h_l0", kind: "h", layer: 0, direction: 0, size: 3 },
    { name: "c_l0", kind: "c", layer: 0, direction: 0, size: 3 },
    { name: "h_l0_reverse", kind: "h", layer: 0, direction: 1, size: 3 },
    { name: "c_l0_reverse", kind: "c", layer: 0, direction: 1, size: 3 },
  ]);
});
