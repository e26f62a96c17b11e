import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import type { NamedTensor } from "../../lib/formats/index.js";
import { writeSafetensors } from "../../lib/formats/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";

const text = "to be or not to be";
const tokenizer = CharacterTokenizer.fromText(text);
const create = (seed: number) =>
  LanguageModel.create({ tokenizer, hiddenSize: 6, layers: 2, seed, executor: nativeExecutor() });

let file: string;
beforeEach(async () => {
  file = join(await mkdtemp(join(tmpdir(), "ostinato-weights-")), "weights.safetensors");
});
afterEach(() => rm(join(file, ".."), { recursive: true, force: true }));

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
    [[{ ...first, shape: [...first.shape].reverse() }, ...others], { rename }, /"model\.embedding\.weight" of shape/],
    [[{ ...first, values: Int32Array.from(spoilt) }, ...others], { rename }, /to hold floats/],
    [[{ ...first, values: spoilt }, ...others], { rename }, /loadWeights: a weight of embedding\.weight is not finite/],
    [tensors, { rename: () => 5 }, /expected rename to return a name or null/],
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
