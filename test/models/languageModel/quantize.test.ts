import { mkdtemp, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../../lib/data/index.js";
import type { Executor } from "../../../lib/executor/executor.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { LanguageModel } from "../../../lib/models/languageModel/languageModel.js";
import { WindowData } from "../../../lib/models/textModel/data.js";
import { sgd } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";
import { packWeights, unpackWeights, weightTypes } from "../../../lib/weights.js";
import { numbers } from "../../graph/case.js";

const text = "The quick brown fox jumps over the lazy dog.\nPack my box with five dozen liquor jugs.\n";
const tokenizer = CharacterTokenizer.fromText(text);
const native = nativeExecutor();
const reference = new ReferenceExecutor();

const newModel = (executor: Executor = native, options: object = {}) =>
  LanguageModel.create({ tokenizer, hiddenSize: 37, layers: 2, initializer: "uniform:0.4", executor, ...options });

async function written(pieces: AsyncIterable<string>): Promise<string> {
  let all = "";
  for await (const piece of pieces) all += piece;
  return all;
}

test("int8 keeps each row to half a step, bfloat16 each number to 1 in 512", () => {
  const values = numbers(6 * 50, 1);
  const int8 = unpackWeights(packWeights(values, 6, "int8"));
  const bfloat16 = unpackWeights(packWeights(values, 6, "bfloat16"));
  for (let i = 0; i < values.length; i++) {
    const row = values.subarray(Math.floor(i / 50) * 50, (Math.floor(i / 50) + 1) * 50);
    const step = Math.max(...row.map(Math.abs)) / 127;
    const value = values[i] as number;
    expect(Math.abs((int8[i] as number) - value)).toBeLessThanOrEqual(0.5001 * step);
    expect(Math.abs((bfloat16[i] as number) - value)).toBeLessThanOrEqual(Math.abs(value) / 255);
  }
  expect([...unpackWeights(packWeights([0, 0, 3, -1.5], 2, "int8"))].slice(0, 3)).toEqual([0, 0, 3]);
});

for (const type of weightTypes) {
  test(`${type}: both executors round to the same numbers, and rounding again changes nothing`, async () => {
    const [a, b] = [await newModel(native), await newModel(reference)];
    for (const model of [a, b]) await model.quantize(type);
    for (const { name } of a.parameters) {
      const rounded = await a.store.read(name);
      expect(rounded).toEqual(await b.store.read(name));
      await a.store.write(name, rounded);
    }
    await a.quantize(type);
    for (const { name } of a.parameters) expect(await a.store.read(name)).toEqual(await b.store.read(name));
  });

  for (const cell of ["lstm", "gru", "rnn"] as const) {
    test(`${type} ${cell}: what is written one token at a time is what the rounded weights say`, async () => {
      const [a, b] = [await newModel(native, { cell }), await newModel(reference, { cell })];
      const before = (await a.evaluate(text)).loss;
      for (const model of [a, b]) await model.quantize(type);
      const [walked, read] = [await a.activations(text), await b.activations(text)];
      for (const [i, layer] of walked.layers.entries()) {
        for (const [at, value] of layer.values.entries()) {
          expect(value).toBeCloseTo(read.layers[i]?.values[at] as number, 4);
        }
      }
      const after = (await a.evaluate(text)).loss;
      expect(after).not.toBe(before);
      expect(Math.abs(after - before)).toBeLessThan(0.05);
    });
  }

  test(`${type}: a model comes back from its folder as it was, in fewer bytes`, async () => {
    const folder = await mkdtemp(join(tmpdir(), "ostinato-quantize-"));
    try {
      const model = await newModel(native, { hiddenSize: 64 });
      await model.save(join(folder, "float32"));
      await model.quantize(type);
      await model.save(join(folder, type));
      const size = async (name: string) => (await stat(join(folder, name, "model.safetensors"))).size;
      expect((await size(type)) / (await size("float32"))).toBeLessThan(type === "int8" ? 0.33 : 0.55);
      const again = await LanguageModel.load(join(folder, type), { executor: native });
      expect(again.weightType).toBe(type);
      for (const { name } of model.parameters)
        expect(await again.store.read(name)).toEqual(await model.store.read(name));
      expect(await written(again.generate({ seed: 1 }))).toBe(await written(model.generate({ seed: 1 })));
      expect((await LanguageModel.load(join(folder, "float32"), { executor: native })).weightType).toBeNull();
    } finally {
      await rm(folder, { recursive: true });
    }
  });
}

test("new values replace the rounded ones also where those were kept in a smaller type", async () => {
  const [model, other] = [await newModel(), await newModel(native, { seed: 2 })];
  await model.quantize("int8");
  for (const { name } of model.parameters) await model.store.write(name, await other.store.read(name));
  expect(await written(model.generate({ seed: 1, maximumLength: 40 }))).toBe(
    await written(other.generate({ seed: 1, maximumLength: 40 })),
  );
});

test("a save does not replace float32 weights by rounded ones unasked", async () => {
  const folder = await mkdtemp(join(tmpdir(), "ostinato-quantize-"));
  try {
    const model = await newModel();
    await model.save(join(folder, "m"));
    await model.quantize("int8");
    await expect(model.save(join(folder, "m"))).rejects.toThrow(/float32 weights.*cannot be undone/);
    expect((await LanguageModel.load(join(folder, "m"), { executor: native })).weightType).toBeNull();
    await model.save(join(folder, "m"), { overwrite: true });
    await model.save(join(folder, "m"));
    expect((await LanguageModel.load(join(folder, "m"), { executor: native })).weightType).toBe("int8");
  } finally {
    await rm(folder, { recursive: true });
  }
});

test("rounding is all or nothing", async () => {
  const model = await newModel();
  const before = await model.store.read("rnn.weight_hh_l0");
  const output = await model.store.read("output.weight");
  await model.store.write(
    "output.weight",
    output.map((value, i) => (i === 3 ? Number.NaN : value)),
  );
  await expect(model.quantize("int8")).rejects.toThrow(/output\.weight is not finite/);
  expect(await model.store.read("rnn.weight_hh_l0")).toEqual(before);
  expect(model.weightType).toBeNull();
});

test("a rounded model does not learn, and is not rounded twice to different types", async () => {
  const model = await newModel();
  await model.quantize("bfloat16");
  await expect(model.quantize("int8")).rejects.toThrow(/are bfloat16 already/);
  await expect(model.quantize("int4" as never)).rejects.toThrow(/bfloat16, int8/);
  const data = new WindowData(memoryStream(tokenizer.encode(text.repeat(9)), 0), { batchSize: 2, windowLength: 8 });
  const trainer = new Trainer(model, { data, optimizer: sgd(), epochs: 1 });
  await expect(trainer.run()).rejects.toThrow(/rounded to bfloat16.*Train the original/);
});

test("weights that are not finite are refused, and a matrix is expected", async () => {
  for (const executor of [native, reference]) {
    const store = executor.createStore();
    store.declare({ name: "w", dtype: "f32", shape: [2, 2] });
    store.declare({ name: "v", dtype: "f32", shape: [4] });
    await store.write("w", Float32Array.of(1, Number.NaN, 2, 3));
    await expect(store.quantize("w", "int8")).rejects.toThrow(/finite/);
    expect((await store.read("w"))[0]).toBe(1);
    await expect(store.quantize("v", "int8")).rejects.toThrow(/matrix/);
  }
});

test("texts written side by side are those written alone, where nothing is drawn", async () => {
  const model = await newModel(native, { cell: "gru" });
  const prompts = ["The quick", "", "Pack my box with", "o"];
  const side = await model.generateAll({ prompts, temperature: 0, maximumLength: 50 });
  for (const [i, prompt] of prompts.entries()) {
    expect(side[i]).toBe(await written(model.generate({ prompt, temperature: 0, maximumLength: 50 })));
  }
});

test("texts of one call differ by their place, and the same seed writes them again", async () => {
  const model = await newModel();
  const write = () => model.generateAll({ count: 20, seed: 4, maximumLength: 40 });
  const texts = await write();
  expect(new Set(texts).size).toBe(20);
  expect(await write()).toEqual(texts);
  for (const one of texts) expect([...one]).toHaveLength(40);
  const alone = await written(model.generate({ seed: 4, maximumLength: 40 }));
  expect(texts[0]?.slice(0, 10)).toBe(alone.slice(0, 10));
});

test("each text stops by itself", async () => {
  const model = await newModel();
  const whole = await model.generateAll({ count: 6, seed: 4, maximumLength: 60 });
  const stopped = await model.generateAll({ count: 6, seed: 4, maximumLength: 60, stop: "o" });
  for (const [i, one] of stopped.entries()) {
    expect(one).toBe(whole[i]?.includes("o") ? whole[i]?.slice(0, whole[i]?.indexOf("o")) : whole[i]);
  }
});

test("generateAll refuses what it cannot write, and stops when told to", async () => {
  const model = await newModel();
  await expect(model.generateAll({ prompts: [] })).rejects.toThrow(/1 to 65536 texts, got 0/);
  await expect(model.generateAll({ count: 0 })).rejects.toThrow(/count/);
  await expect(model.generateAll({ prompts: ["1"] })).rejects.toThrow(/Unknown character "1"/);
  await expect(model.generateAll({ prompt: "a" } as object)).rejects.toThrow(/prompts/);
  await expect(model.generateAll({ prompts: ["o"], count: 2 })).rejects.toThrow(/exclude/);
  await expect(model.generateAll({ prompts: "abc" as never })).rejects.toThrow(/prompts to be an array/);
  await expect(model.generateAll({ signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});
