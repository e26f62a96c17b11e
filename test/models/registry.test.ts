import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { nativeExecutor } from "../../lib/executor/native.js";
import { jsonDigest } from "../../lib/formats/jsonFile.js";
import { readSafetensors, writeSafetensors } from "../../lib/formats/safetensors.js";
import type {
  CreateOptions,
  LoadOptions,
  ModelKind,
  ModelParts,
  RecordedLoss,
  Tensor,
  Tokenizer,
} from "../../lib/index.js";
import {
  adam,
  CharacterTokenizer,
  createModel,
  Embedding,
  type Graph,
  LanguageModel,
  Linear,
  loadModel,
  loadModelOf,
  noVocabulary,
  OptionError,
  oneVocabulary,
  ops,
  PairData,
  type Parameter,
  registerKind,
  SavedModel,
  Seq2Seq,
  TokenizerPair,
  Trainer,
} from "../../lib/index.js";
import { whole } from "../../lib/options.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

const tokenizer = CharacterTokenizer.fromText("abcd\n");

const languageModel = () => LanguageModel.create({ tokenizer, layers: 1, hiddenSize: 4, executor: "reference" });
const encoderDecoder = () =>
  Seq2Seq.create({ tokenizer: new TokenizerPair(tokenizer, tokenizer), hiddenSize: 4, executor: "reference" });

/** A folder whose config.json says another kind, as one who knows about digests would write it. */
async function renamed(folder: string, model: string): Promise<void> {
  const file = join(folder, "config.json");
  const config = { ...JSON.parse(await readFile(file, "utf8")), model };
  await writeFile(file, JSON.stringify(config));
  const { tensors, metadata } = await readSafetensors(join(folder, "model.safetensors"));
  await writeSafetensors(join(folder, "model.safetensors"), {
    tensors,
    metadata: { ...metadata, config: jsonDigest(config) },
  });
}

test("loadModel gives the model of whatever kind a folder holds, with the weights that were saved", async () => {
  for (const model of [await languageModel(), await encoderDecoder()]) {
    const folder = join(await temporaryFolder(), "model");
    await model.save(folder);
    const loaded = await loadModel(folder, { executor: "reference" });
    expect(loaded).toBeInstanceOf(model.constructor);
    expect(loaded.kind).toBe(model.kind);
    for (const { name } of model.parameters) {
      expect(await loaded.store.read(name)).toEqual(await model.store.read(name));
    }
  }
});

test("a folder of a kind that nobody knows is refused by its name and those that are known", async () => {
  const folder = join(await temporaryFolder(), "model");
  await (await languageModel()).save(folder);
  await renamed(folder, "SequenceAligner");
  await expect(loadModel(folder)).rejects.toMatchObject({
    code: "ERR_OSTINATO_FILE",
    message: expect.stringMatching(
      /holds a "SequenceAligner", and the kinds of models known here are [\w, ]*LanguageModel,[\w, ]* Seq2Seq, [\w, ]+\. .*registerKind/,
    ),
  });
  await expect(LanguageModel.load(folder)).rejects.toThrow(/holds a SequenceAligner, expected a LanguageModel/);
  await expect(loadModel(folder, { exekutor: "native" } as LoadOptions)).rejects.toThrow(/did you mean executor/);
});

let networks = 0;

class UnigramNetwork {
  readonly parameters: readonly Parameter[];
  readonly table: Embedding;

  constructor(readonly config: { vocabularySize: number; size: number }) {
    networks++;
    const { vocabularySize, size: embeddingSize } = config;
    this.table = new Embedding("table", { vocabularySize, embeddingSize });
    this.parameters = this.table.parameters;
  }
}

/** A kind of a user's own. */
class Unigram extends SavedModel<Tokenizer, UnigramNetwork, { N: number }> {
  static readonly kind: ModelKind<Unigram, Tokenizer, UnigramNetwork> = {
    name: "Unigram",
    options: { vocabularySize: whole({ minimum: 1 }), size: whole({ minimum: 1, initial: 2 }) },
    vocabularies: oneVocabulary(),
    counts: [],
    network: (config) => new UnigramNetwork(config as UnigramNetwork["config"]),
    make: (parts) => new Unigram(parts),
  };

  constructor(parts: ModelParts<Tokenizer, UnigramNetwork>) {
    super(Unigram.kind, parts);
  }

  override recordLoss(graph: Graph, { N }: { N: number }): RecordedLoss {
    this.expectTrainable(graph);
    const losses = ops.sum(this.table(graph.feed("ids", "i32", [1, N])));
    return { losses, count: ops.sum(losses), carried: [] };
  }

  table(ids: Tensor): Tensor {
    return this.network.table.apply(ids);
  }
}

test("a kind of one's own is saved, found and read like the others, once it is registered", async () => {
  const folder = join(await temporaryFolder(), "model");
  const options = { tokenizer, size: 3, executor: "reference" } satisfies CreateOptions<Tokenizer> & { size: number };
  const model = await createModel(Unigram.kind, options);
  await model.save(folder);
  await expect(loadModel(folder)).rejects.toThrow(/holds a "Unigram"/);
  registerKind(Unigram.kind);
  registerKind(Unigram.kind);
  networks = 0;
  const loaded = await loadModel(folder, { executor: "reference" });
  expect(networks, "load makes the layers once").toBe(1);
  expect(loaded).toBeInstanceOf(Unigram);
  expect(await loaded.store.read("table.weight")).toEqual(await model.store.read("table.weight"));
  await loaded.restore(folder);
  expect(networks, "restore makes none").toBe(1);
  await loaded.quantize("int8");
  expect(() => loaded.recordLoss({ training: true } as Graph, { N: 1 })).toThrow(/rounded to int8/);
  expect(() => registerKind({ ...Unigram.kind })).toThrow(OptionError);
  await expect(createModel(Unigram.kind, { ...options, sise: 3 } as never)).rejects.toThrow(/did you mean size/);
  await expect(createModel(Unigram.kind, { ...options, vocabularySize: 3 } as never)).rejects.toThrow(/unknown option/);
  await expect(loadModelOf(Unigram.kind, join(folder, "no"))).rejects.toThrow(/There is no model folder/);
});

/** A kind whose models read numbers. */
class Filter extends SavedModel<null, FilterNetwork, { T: number }> {
  static readonly kind: ModelKind<Filter, null, FilterNetwork> = {
    name: "Filter",
    options: { size: whole({ minimum: 1, initial: 2 }) },
    vocabularies: noVocabulary(),
    counts: [],
    network: (config) => new FilterNetwork({ size: 2, ...config }),
    make: (parts) => new Filter(parts),
  };

  constructor(parts: ModelParts<null, FilterNetwork>) {
    super(Filter.kind, parts);
  }

  override recordLoss(graph: Graph, { T }: { T: number }): RecordedLoss {
    const y = this.network.layer.apply(graph.feed("x", "f32", [T, this.network.config.size]));
    return { losses: ops.reshape(ops.multiply(y, y), [1, T]), count: graph.scalar("count"), carried: [] };
  }
}

class FilterNetwork {
  readonly layer: Linear;
  readonly parameters: readonly Parameter[];

  constructor(readonly config: { size: number }) {
    this.layer = new Linear("layer", { inputSize: config.size, outputSize: 1 });
    this.parameters = this.layer.parameters;
  }
}

test("a kind over numbers needs no vocabulary: it is made, trained, saved, read and replaced without one", async () => {
  const folder = join(await temporaryFolder(), "model");
  const model = await createModel(Filter.kind, { executor: "reference" });
  const batch = { form: { T: 3 }, feeds: { x: Float32Array.of(1, 2, 3, 4, 5, 6), count: 3 }, tokens: 3 };
  const data = { length: 1, batches: () => [batch] };
  await new Trainer(model, { data, optimizer: adam({ learningRate: 0.1 }), epochs: 2, folder }).run();
  expect((await readdir(folder)).filter((file) => /json$|safetensors$/.test(file)).sort()).toEqual([
    ...["config.json", "model.safetensors", "trainer.json", "trainer.safetensors"],
  ]);
  expect(JSON.parse(await readFile(join(folder, "config.json"), "utf8"))).not.toHaveProperty("tokenizer");
  registerKind(Filter.kind);
  const loaded = await loadModel(folder, { executor: "reference" });
  expect(loaded.tokenizer).toBeNull();
  expect(await loaded.store.read("layer.weight")).toEqual(await model.store.read("layer.weight"));
  await loaded.restore(folder);
  await expect(createModel(Filter.kind, { tokenizer } as never)).rejects.toThrow(
    /expected tokenizer to be left out: the model has no vocabulary/,
  );

  await (await languageModel()).save(folder, { overwrite: true });
  expect(await loadModel(folder)).toBeInstanceOf(LanguageModel);
  await renamed(folder, "Filter");
  await expect(loadModel(folder)).rejects.toThrow(
    /config\.json names a vocabulary in vocabulary\.json, and a Filter has none/,
  );
  await (await createModel(Filter.kind, { executor: "reference" })).save(folder, { overwrite: true });
  expect(await readdir(folder)).not.toContain("vocabulary.json");
  await writeFile(join(folder, "vocabulary.json"), '{"mine":1}');
  await expect((await languageModel()).save(folder, { overwrite: true })).rejects.toThrow(
    /vocabulary\.json was not written by/,
  );
  expect(await readFile(join(folder, "vocabulary.json"), "utf8")).toBe('{"mine":1}');
  await renamed(folder, "LanguageModel");
  await expect(loadModel(folder)).rejects.toThrow(/names no file for its vocabulary, and a LanguageModel has one/);
});

test("what computes is chosen by name or value, and the native executor unless something is chosen", async () => {
  expect((await LanguageModel.create({ tokenizer, layers: 1, hiddenSize: 4 })).executor.name).toBe("native");
  expect((await languageModel()).executor.name).toBe("reference float32");
  const executor = nativeExecutor();
  expect((await LanguageModel.create({ tokenizer, layers: 1, hiddenSize: 4, executor })).executor).toBe(executor);
  await expect(LanguageModel.create({ tokenizer, executor: "gpu" as "native" })).rejects.toThrow(
    /expected executor to be an executor, or one of native, wasm, reference, got "gpu"/,
  );
});

test("data that is made for another kind of model is refused by its name", async () => {
  const [language, pairs] = [await languageModel(), await encoderDecoder()];
  const data = await PairData.create([{ source: "a", target: "b" }], { tokenizer: pairs.tokenizer });
  expect(() => language.expectForm({ S: 1, T: 1, B: 1 }, data)).toThrow(
    "LanguageModel: expected WindowData or SentenceData, got PairData.",
  );
  expect(() => language.expectForm(undefined, {})).toThrow(/^LanguageModel: expected WindowData or .*, got an /);
  expect(() => pairs.expectForm({ T: 1, B: 1 }, data)).toThrow(/^Seq2Seq: expected PairData, got PairData/);
  expect(() => pairs.expectForm({ S: 1, T: 1, B: 1 }, data)).not.toThrow();
  expect(() => language.expectForm({ T: 1, B: 1, role: "train", lengths: false }, {})).not.toThrow();
});

test("what is no record of a kind is refused as such", async () => {
  for (const none of [
    undefined,
    null,
    5,
    "LanguageModel",
    [],
    {},
    () => 1,
    { ...Unigram.kind, make: 5 },
    { ...Unigram.kind, name: "" },
    { ...Unigram.kind, name: 5 },
    { ...Unigram.kind, network: 5 },
    { ...Unigram.kind, options: null },
    { ...Unigram.kind, vocabularies: undefined },
  ]) {
    const kind = none as unknown as typeof Unigram.kind;
    expect(() => registerKind(kind)).toThrow(/expected kind to be a kind of model/);
    await expect(createModel(kind, { tokenizer })).rejects.toThrow(OptionError);
    await expect(loadModelOf(kind, "folder")).rejects.toThrow(OptionError);
  }
});
