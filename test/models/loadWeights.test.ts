import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import type { NamedTensor } from "../../lib/formats/index.js";
import { writeSafetensors } from "../../lib/formats/index.js";
import { loadWeights } from "../../lib/models/foreignWeights.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { partsOf } from "../../lib/models/pytorchModules.js";
import { Linear } from "../../lib/nn/index.js";
import { constant } from "../../lib/nn/initializers.js";
import { Parameter } from "../../lib/nn/parameter.js";

const text = "to be or not to be";
const tokenizer = CharacterTokenizer.fromText(text);
const create = (seed: number) =>
  LanguageModel.create({ tokenizer, hiddenSize: 6, layers: 2, seed, executor: nativeExecutor() });

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "ostinato-weights-")), "weights.safetensors");
});
afterEach(() => rm(join(file, ".."), { recursive: true, force: true }));

const reshaped = ([one, ...others]: NamedTensor[]) => [
  { ...(one as NamedTensor), shape: [...(one as NamedTensor).shape].reverse() },
  ...others,
];

/** The weights of a model under the names that a module of PyTorch with these layers would have. */
async function tensorsOf(model: LanguageModel): Promise<NamedTensor[]> {
  const tensors: NamedTensor[] = [];
  for (const { name, shape } of model.parameters) {
    tensors.push({ name: `model.${name.replace("rnn.", "lstm.")}`, shape, values: await model.store.read(name) });
  }
  return tensors;
}
const write = (tensors: NamedTensor[]) => writeSafetensors(file, { tensors, metadata: {} });
const rename = (name: string) => name.replace("model.", "").replace("lstm.", "rnn.");

test("a model with another program's weights measures what that one did, whether they were floats or doubles", async () => {
  const [theirs, ours] = [await create(1), await create(2)];
  const tensors = await tensorsOf(theirs);
  const doubles = tensors.map((tensor) => ({ ...tensor, values: Float64Array.from(tensor.values as Float32Array) }));
  for (const list of [tensors, doubles, [...tensors, { name: "step", shape: [1], values: Int32Array.of(5) }]]) {
    await write(list);
    await ours.loadWeights(file, {
      rename: (name) => (name === "step" ? null : rename(name)),
    });
    expect(await ours.evaluate(text)).toEqual(await theirs.evaluate(text));
  }
});

test("a file that does not fit is refused by the names that it lacks or has too many, and changes nothing", async () => {
  const model = await create(1);
  const tensors = await tensorsOf(await create(2));
  const before = await model.evaluate(text);
  const [first] = tensors as [NamedTensor];
  const others = tensors.slice(1);
  const spoilt = Float32Array.from(first.values as Float32Array);
  spoilt[3] = Number.NaN;
  const cases: [NamedTensor[], object, RegExp][] = [
    [tensors, {}, /has no tensor for 11 parameters \("embedding\.weight", .*, \.\.\.\), and has 11 tensors/],
    [others, { rename }, /has no tensor for 1 parameter \("embedding\.weight"\)\. Give the right names with rename/],
    [
      [...tensors, { ...first, name: "extra" }],
      { rename },
      /has 1 tensor \("extra"\) that the model has no parameter for/,
    ],
    [tensors, { rename: () => "output.bias" }, /are both renamed to "output\.bias"/],
    [
      [{ ...first, shape: [...first.shape].reverse() }, ...others],
      { rename },
      /has 1 tensor \("model\.embedding\.weight" \[6,7\] for embedding\.weight \[7,6\]\) of another shape\. Make the model of the sizes/,
    ],
    [
      [{ ...first, name: "model.table.weight" }, ...reshaped(others)],
      { rename },
      /no tensor for 1 parameter \("embedding\.weight"\), and has 1 tensor \("table\.weight"\) .*, and has 1 tensor \("model\.lstm\.weight_ih_l0" \[6,24\]/,
    ],
    [[{ ...first, values: Int32Array.from(spoilt) }, ...others], { rename }, /to hold floats/],
    [[{ ...first, values: spoilt }, ...others], { rename }, /loadWeights: a weight of embedding\.weight is not finite/],
    [tensors, { rename: () => 5 }, /expected rename to return a name or null/],
    [
      tensors,
      { rename: { "model.lstn": "rnn" } },
      /rename has "model\.lstn", which is no tensor of the file, and no module of one/,
    ],
    [tensors, { rename: 5 }, /expected rename to be a function, or /],
    [others, { rename, missing: "leave" }, /expected missing to be one of refuse, keep, zero, got "leave"/],
    [tensors, { renames: rename }, /unknown option "renames"; did you mean rename\?/],
  ];
  for (const [list, options, message] of cases) {
    await write(list);
    await expect(model.loadWeights(file, options)).rejects.toThrow(message);
  }
  expect(await model.evaluate(text)).toEqual(before);
  await write(tensors);
  await model.quantize("int8");
  await expect(model.loadWeights(file, { rename })).rejects.toThrow(/rounded to int8/);
});

test("names are mapped by modules, the longest entry first, or by a beginning that all have", async () => {
  const theirs = await create(1);
  const tensors = await tensorsOf(theirs);
  const [own] = tensors as [NamedTensor];
  const extra = [...tensors, { ...own, name: "optimizer.step" }];
  await write(extra);
  const measured = await theirs.evaluate(text);
  for (const options of [
    { prefix: "model.", rename: { lstm: "rnn" } },
    {
      rename: {
        model: "nobody",
        "model.lstm": "rnn",
        "model.embedding": "embedding",
        "model.output": "output",
        optimizer: null,
      },
    },
    {
      rename: {
        "model.embedding.weight": "embedding.weight",
        "model.lstm": "rnn",
        "model.output": "output",
        optimizer: null,
      },
    },
  ]) {
    const ours = await create(3);
    await ours.loadWeights(file, options);
    expect(await ours.evaluate(text)).toEqual(measured);
  }
  const ours = await create(4);
  await write(tensors.map((tensor) => ({ ...tensor, name: tensor.name.replace("lstm", "rnn") })));
  await expect(ours.loadWeights(file)).rejects.toThrow('With prefix: "model." the names would fit.');
  expect(await ours.loadWeights(file, { prefix: "model." })).toEqual({ missing: [] });
  expect(await ours.evaluate(text)).toEqual(measured);
});

test("parameters without a tensor keep their values or become zeros, where that is asked for", async () => {
  const [theirs, ours] = [await create(1), await create(2)];
  const tensors = (await tensorsOf(theirs)).filter(({ name }) => !name.endsWith("output.bias"));
  await write(tensors);
  await ours.store.write("output.bias", new Float32Array(tokenizer.size).fill(0.5));
  expect(await ours.loadWeights(file, { rename, missing: "keep" })).toEqual({ missing: ["output.bias"] });
  expect(await ours.store.read("output.bias")).toEqual(new Float32Array(tokenizer.size).fill(0.5));
  expect(await ours.store.read("embedding.weight")).toEqual(await theirs.store.read("embedding.weight"));
  await ours.loadWeights(file, { rename, missing: "zero" });
  expect(await ours.store.read("output.bias")).toEqual(new Float32Array(tokenizer.size));
});

test("layers of one's own take weights as models do, all or none", async () => {
  const layer = new Linear("own", { inputSize: 3, outputSize: 2 });
  const store = nativeExecutor().createStore();
  const values = Float32Array.of(1, 2, 3, 4, 5, 6);
  const tensors = (bias: number): NamedTensor[] => [
    { name: "fc.weight", shape: [2, 3], values },
    { name: "fc.bias", shape: [2], values: Float32Array.of(7, bias) },
  ];
  await write(tensors(8));
  await loadWeights(store, layer.parameters, file, { rename: { fc: "own" } });
  expect(await store.read("own.weight")).toEqual(values);
  expect(await store.read("own.bias")).toEqual(Float32Array.of(7, 8));
  await write(tensors(Number.NaN));
  const spoilt = loadWeights(store, layer.parameters, file, { rename: { fc: "own" } });
  await expect(spoilt).rejects.toThrow("a weight of own.bias is not finite");
  expect(await store.read("own.bias")).toEqual(Float32Array.of(7, 8));
  const whole = new Parameter("own.ids", [2], constant(0), { dtype: "i32" });
  const load = (values: NamedTensor["values"], options: object = {}) =>
    write([{ name: "fc.ids", shape: [2], values }]).then(() =>
      loadWeights(store, [whole], file, { rename: { fc: "own" }, ...options }),
    );
  await load(Int32Array.of(2 ** 24 + 1, -3));
  expect(await store.read("own.ids")).toEqual(Int32Array.of(2 ** 24 + 1, -3));
  await expect(load(Float32Array.of(1, 2))).rejects.toThrow(
    `${file}: expected "fc.ids" to hold whole numbers of 32 bits (I32).`,
  );
  expect(await load(Int32Array.of(0, 0), { rename: { fc: null }, missing: "zero" })).toEqual({ missing: ["own.ids"] });
  expect(await store.read("own.ids")).toEqual(new Int32Array(2));
  await expect(loadWeights({} as never, layer.parameters, file)).rejects.toThrow(
    "expected store to be the store of an executor",
  );
  await expect(loadWeights(store, layer as never, file)).rejects.toThrow("expected parameters to be");
});

test("a refusal lists six names, and of more the first six; a beginning helps only where all have it", async () => {
  const store = nativeExecutor().createStore();
  const message = async (count: number, names: readonly string[], shape = [1]) => {
    const parameters = Array.from({ length: count }, (_, i) => new Parameter(`p${i}`, [1], constant(0)));
    const values = new Float32Array(shape.reduce((product, size) => product * size, 1));
    await write(names.map((name) => ({ name, shape, values })));
    return loadWeights(store, parameters, file).catch((error: Error) => error.message);
  };
  const listed = (count: number) => Array.from({ length: count }, (_, i) => `"p${i}"`).join(", ");
  expect(await message(6, ["x"])).toContain(
    `has no tensor for 6 parameters (${listed(6)}), and has 1 tensor ("x") that`,
  );
  expect(await message(7, ["x"])).toContain(`has no tensor for 7 parameters (${listed(6)}, ...), and has`);
  expect(await message(2, ["a.p0", "b.p0", "b.p1"])).toContain('With prefix: "b." the names would fit.');
  expect(await message(2, ["a.p0", "b.p1"])).toContain("Give the right names with rename, where null leaves");
  expect(await message(1, ["p0"], [2])).toContain(
    'has 1 tensor ("p0" [2] for p0 [1]) of another shape. Make the model of the sizes that the file has.',
  );
  expect(await message(1, ["p0", "x"], [2])).toContain("Give the right names with rename");
});

test("rows of queries, keys and values of PyTorch's attention, in one matrix or in three, are those of ours", async () => {
  const count = (from: number, length: number) => Float32Array.from({ length }, (_, i) => from + i);
  const load = async (blocks: string, shapes: Record<string, number[]>, tensors: NamedTensor[]) => {
    const store = nativeExecutor().createStore();
    const parameters = Object.entries(shapes).map(
      ([name, shape]) => new Parameter(`${blocks}${name}`, shape, constant(0)),
    );
    await write(tensors);
    await loadWeights(store, parameters, file);
    const read = async (name: string) => [name, [...(await store.read(`${blocks}${name}`))]] as const;
    return Object.fromEntries(await Promise.all(Object.keys(shapes).map(read)));
  };
  const attention = { "query.weight": [2, 2], "memory.weight": [4, 2] };
  const biases = { "query.bias": [2], "memory.bias": [4], "output.weight": [2, 2], "output.bias": [2] };
  const whole = await load("a.", { ...attention, ...biases }, [
    { name: "a.in_proj_weight", shape: [6, 2], values: count(0, 12) },
    { name: "a.in_proj_bias", shape: [6], values: count(20, 6) },
    { name: "a.out_proj.weight", shape: [2, 2], values: count(30, 4) },
    { name: "a.out_proj.bias", shape: [2], values: count(40, 2) },
  ]);
  expect(whole).toEqual({
    "query.weight": [0, 1, 2, 3],
    "memory.weight": [4, 5, 6, 7, 8, 9, 10, 11],
    "query.bias": [20, 21],
    "memory.bias": [22, 23, 24, 25],
    "output.weight": [30, 31, 32, 33],
    "output.bias": [40, 41],
  });
  const parts = ["v", "k", "q"].map((letter, i) => ({
    name: `${letter}_proj_weight`,
    shape: [2, 2],
    values: count(10 * i, 4),
  }));
  expect(await load("", attention, parts)).toEqual({
    "query.weight": [20, 21, 22, 23],
    "memory.weight": [10, 11, 12, 13, 0, 1, 2, 3],
  });
  // Without keys and values of ours it is a name like others.
  const [only] = Object.entries(
    await load("", { "query.weight": [1], in_proj_bias: [3] }, [
      { name: "query.weight", shape: [1], values: count(1, 1) },
      { name: "in_proj_bias", shape: [3], values: count(5, 3) },
    ]),
  ).slice(1);
  expect(only).toEqual(["in_proj_bias", [5, 6, 7]]);
});

test("the layers of PyTorch's encoder and decoder have our names, whose second norm depends on what they attend to", () => {
  const own = (block: string, attentions: readonly string[]) =>
    attentions.flatMap((attention) =>
      ["query.weight", "memory.weight", "norm.weight"].map((name) => `${block}.${attention}.${name}`),
    );
  const ours = new Set([...own("e.0", ["attention"]), ...own("d.1", ["attention", "memoryAttention"])]);
  const names: Record<string, string> = {
    "e.layers.0.self_attn.out_proj.weight": "e.0.attention.output.weight",
    "e.layers.0.linear1.weight": "e.0.feedForward.hidden.weight",
    "e.layers.0.linear2.bias": "e.0.feedForward.output.bias",
    "e.layers.0.norm1.weight": "e.0.attention.norm.weight",
    "e.layers.0.norm2.weight": "e.0.feedForward.norm.weight",
    "d.1.multihead_attn.out_proj.bias": "d.1.memoryAttention.output.bias",
    "d.1.norm2.weight": "d.1.memoryAttention.norm.weight",
    "d.1.norm3.weight": "d.1.feedForward.norm.weight",
    "f.0.norm2.weight": "f.0.norm2.weight",
    "e.norm.weight": "e.norm.weight",
  };
  const named = new Map(Object.keys(names).map((name) => [name, { name, dtype: "f32", shape: [1] } as never]));
  expect([...partsOf(named, ours).keys()]).toEqual(Object.values(names));
  const projected = partsOf(new Map([["e.0.self_attn.in_proj_weight", { name: "x", shape: [6, 2] } as never]]), ours);
  expect([...projected].map(([name, [part]]) => [name, part?.rows])).toEqual([
    ["e.0.attention.query.weight", [0, 2]],
    ["e.0.attention.memory.weight", [2, 6]],
  ]);
});
