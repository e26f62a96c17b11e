import { execFileSync } from "node:child_process";
import { readFile, rm, truncate, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { beforeEach, expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { jsonDigest } from "../../lib/formats/jsonFile.js";
import { describeModelFolder } from "../../lib/formats/modelFolder.js";
import { readSafetensors, writeSafetensors } from "../../lib/formats/safetensors.js";
import { loadTrainerHistory, loadTrainerState } from "../../lib/formats/trainerFile.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { Trainer } from "../../lib/train/trainer.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const executor = new ReferenceExecutor();
const tokenizer = CharacterTokenizer.fromText("abcd\n");
const data = new WindowData(memoryStream(tokenizer.encode("abcd\n".repeat(20)), 100), {
  batchSize: 2,
  windowLength: 8,
});
const validation = new WindowData(memoryStream(tokenizer.encode("abcd\n".repeat(4)), 20), {
  ...{ batchSize: 2, windowLength: 8 },
  role: "validate",
});

let folder: string;

async function newModel(): Promise<LanguageModel> {
  return LanguageModel.create({ tokenizer, executor, cell: "gru", layers: 1, hiddenSize: 4 });
}

/** Goes on with the training in the folder, or begins one. */
async function trained({ resume = false, epochs = 1 } = {}): Promise<void> {
  const samples = { every: 2, write: async () => "text" };
  await new Trainer(await newModel(), { data, validation, samples, folder, resume, epochs }).run();
}

beforeEach(async () => {
  folder = join(await temporaryFolder(), "model");
  await trained();
});

const file = (name: string) => join(folder, name);
const load = () => LanguageModel.load(folder, { executor });

/** Writes a file as somebody would who knows about digests. */
async function put(name: string, content: string | object): Promise<void> {
  const text = typeof content === "string" ? content : JSON.stringify(content);
  await writeFile(file(name), text);
  if (name === "trainer.json") return;
  const { tensors, metadata } = await readSafetensors(file("model.safetensors"));
  const json = JSON.parse(await readFile(file("config.json"), "utf8"));
  const vocabulary = JSON.parse(await readFile(file("vocabulary.json"), "utf8"));
  await writeSafetensors(file("model.safetensors"), {
    tensors,
    metadata: { ...metadata, config: jsonDigest(json), tokenizer: jsonDigest(vocabulary) },
  });
}

const read = async (name: string) => JSON.parse(await readFile(file(name), "utf8"));

test.each([
  ["layers", 1e6, /model\.safetensors does not fit config\.json: there are 1000000 layers, and the file has only \d+/],
  ["layers", 0, /config\.json: LanguageModel: expected layers to be .*, got 0/],
  ["layers", 1.5, /config\.json: LanguageModel: expected layers to be .*, got 1\.5/],
  ["layers", "1", /config\.json: LanguageModel: expected layers to be .*, got "1"/],
  ["hiddenSize", 2 ** 60, /config\.json: LanguageModel: expected hiddenSize to be .*, got 1152921504606847000/],
  ["initializer", {}, /config\.json: LanguageModel: expected initializer to be .*, got an object/],
  ["tied", "false", /config\.json: LanguageModel: expected tied to be true or false, got "false"/],
  ["hiddenSize", 2 ** 30, /config\.json: rnn\.weight_ih_l0: shape \[3221225472,4\] has 12884901888 weights, 48 GiB/],
  ["initializer", "uniform:x", /config\.json: .*got NaN|config\.json: .*initializer/],
  [
    "cell",
    "constructor",
    /config\.json: LanguageModel: expected cell to be one of .*lstm.*registerCell\(cell\).*, got "constructor"/,
  ],
  ["dropout", "0", /config\.json: LanguageModel: expected dropout to be .*, got "0"/],
  ["vocabularySize", null, /config\.json: LanguageModel: expected vocabularySize to be .*, got null/],
  ["unheard", 1, /config\.json: LanguageModel: unknown option "unheard"/],
])("a configuration with %s %j is refused by the file's name", async (name, value, message) => {
  const config = await read("config.json");
  await put("config.json", { ...config, config: { ...config.config, [name]: value } });
  const begun = performance.now();
  await expect(load()).rejects.toThrow(message);
  await expect(load()).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
  expect(performance.now() - begun).toBeLessThan(1000);
});

test.each([
  ["config", /config\.json: config: expected an object, got null/],
  ["model", /config\.json: model: expected a text that is not empty, got null/],
  ["tokenizer", /config\.json: tokenizer: expected one of vocabulary\.json, tokenizer\.json, got null/],
  ["format", /config\.json: format: expected one of ostinato, got null/],
])("a config.json whose %s is null is refused by name", async (name, message) => {
  await put("config.json", { ...(await read("config.json")), [name]: null });
  await expect(load()).rejects.toThrow(message);
});

test.each([
  [null, /vocabulary\.json: expected a tokenizer of Hugging Face/],
  [{ kind: {} }, /vocabulary\.json: kind: expected one of byte, word, character, got an object/],
  [{ kind: "character", unit: "codepoint" }, /vocabulary\.json: tokens: expected an array.*, and it is missing/],
  [{ kind: "character", unit: 5, tokens: [] }, /vocabulary\.json: unit: expected one of codepoint, jamo, got 5/],
  [{ kind: "character", unit: "jamo", tokens: ["a", 5] }, /vocabulary\.json: tokens\[1\]: expected a text.*, got 5/],
  [{ kind: "word", tokens: [""] }, /vocabulary\.json: tokens\[0\]: expected a text that is not empty, got ""/],
  [
    { kind: "pair", source: { kind: "pair" } },
    /vocabulary\.json: kind: expected one of byte, word, character, got "pair"/,
  ],
  [{ model: 5 }, /vocabulary\.json: expected a tokenizer of Hugging Face/],
])("a vocabulary.json of %j is refused by name", async (json, message) => {
  await put("vocabulary.json", json as object);
  await expect(load()).rejects.toThrow(message);
});

test("JSON that is nested 100,000 deep, no UTF-8, or names an entry twice is refused in every file", async () => {
  const deep = `${"[".repeat(100_000)}${"]".repeat(100_000)}`;
  for (const name of ["config.json", "vocabulary.json", "trainer.json"]) {
    const sound = await readFile(file(name), "utf8");
    const attempt = async (content: string | Buffer) => {
      await writeFile(file(name), content);
      return name === "trainer.json" ? loadTrainerHistory(folder) : load();
    };
    await expect(attempt(deep)).rejects.toThrow(
      `${name} is cut off or damaged: it is not JSON (it is nested more than`,
    );
    await expect(attempt(Buffer.concat([Buffer.from(sound), Buffer.of(0xff)]))).rejects.toThrow(/\(it is not UTF-8\)/);
    const twice = sound.replace(/"([a-z]+)":/i, '"$1": 0, "$1":');
    await expect(attempt(twice)).rejects.toThrow(/is there twice in one object/);
    await attempt(`\ufeff${sound}`);
    await writeFile(file(name), sound);
  }
});

test("JSON of more objects and arrays than any file has, or of too many bytes, is refused before it is built", async () => {
  const many = `{"tokens":[${"[],".repeat(2_000_000)}0]}`;
  await writeFile(file("vocabulary.json"), many);
  await expect(load()).rejects.toThrow(/it has 2000002 objects and arrays, more than 2000000/);
  await truncate(file("vocabulary.json"), 2 ** 40);
  await expect(load()).rejects.toThrow(
    /vocabulary\.json has 1099511627776 bytes, and such a file has at most 67108864/,
  );
});

test.each([
  ["steps", null, /trainer\.json: steps: expected an array, each element an object, got null/],
  ["validations", [{}], /trainer\.json: validations\[0\]\.step: expected a whole number .*, and it is missing/],
  ["samples", [{ step: 1, epoch: 1, loss: 1, text: 5 }], /trainer\.json: samples\[0\]\.text: expected a text, got 5/],
  ["seconds", "<img>", /trainer\.json: seconds: expected a number at least 0, got "<img>"/],
  ["more", 1, /trainer\.json: more: expected left out/],
])("a trainer.json whose %s is %j is refused by the part's name", async (name, value, message) => {
  await put("trainer.json", { ...(await read("trainer.json")), [name]: value });
  await expect(loadTrainerHistory(folder)).rejects.toThrow(message);
});

test("a number in trainer.json that is a text is refused by its place", async () => {
  const history = await read("trainer.json");
  for (const key of ["loss", "gradientNorm", "learningRate", "tokensPerSecond", "step", "epoch", "tokens", "seconds"]) {
    const steps = history.steps.map((point: object, i: number) => (i === 1 ? { ...point, [key]: "<script>" } : point));
    await put("trainer.json", { ...history, steps });
    await expect(loadTrainerHistory(folder)).rejects.toThrow(`trainer.json: steps[1].${key}: expected a`);
  }
});

test("null in a history is the number that JSON does not have", async () => {
  const history = await read("trainer.json");
  const [validation] = history.validations;
  await put("trainer.json", { ...history, validations: [{ ...validation, perplexity: null, bitsPerCharacter: null }] });
  const [loaded] = (await loadTrainerHistory(folder)).validations;
  expect(loaded?.perplexity).toBeCloseTo(Math.exp(validation.loss), 10);
  expect(loaded?.bitsPerCharacter).toBeNaN();
});

type Tensors = Awaited<ReturnType<typeof readSafetensors>>["tensors"];
type State = Awaited<ReturnType<typeof loadTrainerState>>["state"];

/** Writes trainer.safetensors with other content, and a digest that is right. */
async function rewritten(change: (content: { tensors: Tensors; state: State }) => object): Promise<void> {
  const { tensors, metadata } = await readSafetensors(file("trainer.safetensors"));
  const content = { tensors, state: JSON.parse(metadata.state as string) };
  const { state, ...rest } = { ...content, ...change(content) };
  const text = typeof state === "string" ? state : JSON.stringify(state);
  await writeSafetensors(file("trainer.safetensors"), { ...rest, metadata: { ...metadata, state: text } });
}

const resume = () => trained({ resume: true, epochs: 2 });

test.each<[string, (content: { tensors: Tensors; state: State }) => object, RegExp]>([
  ["an epoch of -1e308", ({ state }) => position(state, { epoch: -1e308 }), /state: position\.epoch: expected a whole/],
  ["a batch of text", ({ state }) => position(state, { batch: "1" }), /state: position\.batch: expected a whole/],
  ["too many steps", ({ state }) => position(state, { step: 2 ** 31 }), /state: position\.step: expected a whole/],
  [
    "a curve of nothing",
    ({ state }) => ({ state: { ...state, curve: {} } }),
    /state: curve\.every: expected .* missing/,
  ],
  [
    "points for ever",
    ({ state }) => ({ state: { ...state, curve: { every: 0, points: [] } } }),
    /state: curve\.every: ex/,
  ],
  [
    "a list as schedule",
    ({ state }) => ({ state: { ...state, schedule: { best: [] } } }),
    /state: schedule\.best: expect/,
  ],
  ["no state", () => ({ state: null }), /trainer\.safetensors, state: expected an object, got null/],
  ["deep state", () => ({ state: `${"[".repeat(1e5)}${"]".repeat(1e5)}` }), /nested more than/],
  [
    "a missing moment",
    ({ tensors }) => ({ tensors: without(tensors, "adam.m/output.bias") }),
    /has no tensor "adam\.m\/outp/,
  ],
  ["a missing weight", ({ tensors }) => ({ tensors: without(tensors, "output.bias") }), /has no tensor "output\.bias"/],
  [
    "a missing state",
    ({ tensors }) => ({ tensors: without(tensors, "state/train/2/h_l0") }),
    /has no tensor "state\/train/,
  ],
  [
    "a renamed moment",
    ({ tensors }) => ({ tensors: renamed(tensors, "adam.v/output.bias") }),
    /has no tensor "adam\.v\/outp/,
  ],
  [
    "one tensor more",
    ({ tensors }) => ({ tensors: [...tensors, more] }),
    /has a tensor "more" that the training does not/,
  ],
  [
    "another shape",
    ({ tensors }) => ({ tensors: [...without(tensors, "output.bias"), bias] }),
    /"output\.bias" of shape/,
  ],
  [
    "another type",
    ({ tensors }) => ({ tensors: tensors.map(wide) }),
    /expected tensor ".*" of float32, got a Float64Array/,
  ],
])("a training with %s does not go on", async (_, change, message) => {
  await rewritten(change);
  await expect(resume()).rejects.toThrow(message);
  await expect(resume()).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
});

const more = { name: "more", shape: [1], values: new Float32Array(1) };
const bias = { name: "output.bias", shape: [2], values: new Float32Array(2) };
const position = (state: State, other: object) => ({ state: { ...state, position: { ...state.position, ...other } } });
const without = (tensors: Tensors, name: string) => tensors.filter((tensor) => tensor.name !== name);
const renamed = (tensors: Tensors, name: string) =>
  tensors.map((tensor) => (tensor.name === name ? { ...tensor, name: "other" } : tensor));
const wide = (tensor: Tensors[number]) => ({ ...tensor, values: Float64Array.from(tensor.values as Float32Array) });

test("a training whose file is sound goes on, also one of a version without a list of carried state", async () => {
  await rewritten(({ state: { carried: _, ...state } }) => ({ state }));
  await resume();
  expect((await loadTrainerState(folder)).state).toMatchObject({
    position: { epoch: 2 },
    carried: ["state/train/2/h_l0"],
  });
});

test("weights in float64 are read, rounded to float32, and named", async () => {
  const { tensors } = await readSafetensors(file("model.safetensors"));
  const exact = tensors.map(wide);
  await writeSafetensors(file("model.safetensors"), { tensors: exact });
  const { tensors: before } = await readSafetensors(file("model.safetensors"));
  const model = await load();
  expect(await model.store.read("output.bias")).toEqual(
    Float32Array.from(before.find(({ name }) => name === "output.bias")?.values as Float64Array),
  );
  expect((await describeModelFolder(folder, LanguageModel.kind)).doubles).toEqual(
    expect.arrayContaining(["output.bias", "rnn.weight_hh_l0"]),
  );
  const huge = exact.map((tensor) =>
    tensor.name === "output.bias" ? { ...tensor, values: tensor.values.map(() => 1e300) } : tensor,
  );
  await expect(loadedWith(huge)).rejects.toThrow(/tensor "output\.bias" is no weight .*: element 0 is 1e\+300/);
});

async function loadedWith(tensors: Tensors) {
  await writeSafetensors(file("model.safetensors"), { tensors });
  return load();
}

test("a weight that is not finite is refused, wherever it stands", async () => {
  const { tensors, metadata } = await readSafetensors(file("model.safetensors"));
  const last = tensors.at(-1)?.values as Float32Array;
  for (const value of [Number.NaN, Number.NEGATIVE_INFINITY]) {
    last[last.length - 1] = value;
    await writeSafetensors(file("model.safetensors"), { tensors, metadata });
    await expect(load()).rejects.toThrow(`element ${last.length - 1} is ${value}, expected finite numbers`);
  }
});

test("int8 values without their scales are no weights", async () => {
  const { tensors } = await readSafetensors(file("model.safetensors"));
  const small = tensors.map((tensor) => ({ ...tensor, values: new Int8Array(tensor.values.length) }));
  await expect(loadedWith(small)).rejects.toThrow(/expected tensor "embedding\.weight" of F32 \[5,4\], got I8 \[5,4\]/);
});

test("a pipe in place of any file of a model is refused at once", async () => {
  for (const name of ["config.json", "vocabulary.json", "model.safetensors", "trainer.json", "trainer.safetensors"]) {
    const sound = await readFile(file(name));
    await rm(file(name));
    execFileSync("mkfifo", [file(name)]);
    const attempt =
      name === "trainer.json" ? loadTrainerHistory(folder) : name === "trainer.safetensors" ? resume() : load();
    await expect(attempt).rejects.toThrow(`${name} is not a plain file`);
    await rm(file(name));
    await writeFile(file(name), sound);
  }
});
