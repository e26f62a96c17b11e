import { cp, mkdir, readdir, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { Tokenizer } from "../../lib/data/tokenizer.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";
import type { FolderKind } from "../../lib/formats/folderKind.js";
import type { ModelContent } from "../../lib/formats/modelFolder.js";
import { loadModelFolder, saveModelFolder } from "../../lib/formats/modelFolder.js";
import { expectFreeFolder, holdsModel } from "../../lib/formats/presentModel.js";
import { writeSafetensors } from "../../lib/formats/safetensors.js";
import { loadTrainerHistory, loadTrainerState, saveTrainerState } from "../../lib/formats/trainerFile.js";
import { oneVocabulary } from "../../lib/formats/vocabularies.js";
import { subwordTokenizers } from "../data/subwords.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { smallDisk } from "./smallDisk.js";

function model(fill = 1, { hiddenSize = 4, text = "abc" } = {}): ModelContent {
  const tokenizer = CharacterTokenizer.fromText(text);
  const V = tokenizer.size;
  return {
    model: "LanguageModel",
    config: { vocabularySize: V, hiddenSize, tied: false },
    tensors: [
      { name: "embedding.weight", shape: [V, hiddenSize], values: new Float32Array(V * hiddenSize).fill(fill) },
      { name: "output.bias", shape: [V], values: new Float32Array(V).fill(fill) },
    ],
    tokenizer,
  };
}

/** Models with a table and a bias. */
const kind: FolderKind<Tokenizer> = {
  name: "LanguageModel",
  vocabularies: oneVocabulary(),
  counts: [],
  network: (config) => {
    const { vocabularySize: V, hiddenSize: H } = config as { vocabularySize: number; hiddenSize: number };
    return {
      parameters: [
        { name: "embedding.weight", shape: [V, H] },
        { name: "output.bias", shape: [V] },
      ],
    };
  },
};

const load = (folder: string) => loadModelFolder(folder, kind);

async function saved(content = model()): Promise<string> {
  const folder = join(await temporaryFolder(), "model");
  await saveModelFolder(folder, content);
  return folder;
}

async function fillOf(folder: string): Promise<number> {
  const { tensors } = await load(folder);
  return tensors["output.bias"]?.values[0] as number;
}

test("a model comes back as it was saved, with every kind of tokenizer", async () => {
  for (const tokenizer of [
    CharacterTokenizer.fromText("각하 abc", { unit: "jamo" }),
    new ByteTokenizer(),
    WordTokenizer.fromText("a b c"),
    subwordTokenizers["byte-level BPE"](),
  ]) {
    const config = { vocabularySize: tokenizer.size, names: ["x"] };
    const content = { ...model(), config, tokenizer };
    const folder = await saved(content);
    const loaded = await loadModelFolder(folder, { ...kind, network: () => ({ parameters: content.tensors }) });
    expect(loaded.config).toEqual(content.config);
    expect(loaded.tokenizer.toJSON()).toEqual(tokenizer.toJSON());
    expect(Object.keys(loaded.tensors).sort()).toEqual(["embedding.weight", "output.bias"]);
    const vocabulary = tokenizer.kind === "subword" ? "tokenizer.json" : "vocabulary.json";
    expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", vocabulary].sort());
  }
});

test("the same model may be saved again and again, beside files of other kinds", async () => {
  const folder = await saved();
  await writeFile(join(folder, "notes.txt"), "mine");
  await saveModelFolder(folder, model(2));
  expect(await fillOf(folder)).toBe(2);
  expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
});

test("a folder with files but no model is filled", async () => {
  const folder = join(await temporaryFolder(), "model");
  await saveTrainerState(folder, { tensors: [], state: {} });
  await expect(load(folder)).rejects.toThrow(/a training is kept there, but no model yet. Resume the training/);
  expect(await holdsModel(folder)).toBe(false);
  await saveModelFolder(folder, model());
  expect(await holdsModel(folder)).toBe(true);
  expect(await readdir(folder)).toContain("trainer.safetensors");
});

test("another model is overwritten only if that is wanted, and what is not Ostinato's stays", async () => {
  const folder = await saved();
  await saveTrainerState(folder, { tensors: [], state: {} }, {});
  await writeFile(join(folder, "notes.txt"), "mine");
  const other = model(3, { hiddenSize: 8 });
  await expect(saveModelFolder(folder, other)).rejects.toThrow(
    `${folder} holds another model: its hiddenSize is 4, not 8. Choose another folder, or overwrite it (--overwrite; in a program: overwrite: true).`,
  );
  await expect(saveModelFolder(folder, model(1, { text: "xyz" }))).rejects.toThrow(/its vocabulary differs/);
  expect(await fillOf(folder)).toBe(1);
  await saveModelFolder(folder, other, { overwrite: true });
  expect(await fillOf(folder)).toBe(3);
  expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", "notes.txt", "vocabulary.json"]);
  expect(await readdir(join(folder, ".."))).toEqual(["model"]);
});

test("a folder of someone else's is never overwritten", async () => {
  const folder = join(await temporaryFolder(), "project");
  await mkdir(folder);
  await writeFile(join(folder, "config.json"), '{"port": 80}');
  for (const overwrite of [false, true]) {
    await expect(saveModelFolder(folder, model(), { overwrite })).rejects.toThrow(
      /config.json was not written by Ostinato/,
    );
  }
  await rm(join(folder, "config.json"));
  await writeFile(join(folder, "model.safetensors"), "");
  await expect(saveModelFolder(folder, model(), { overwrite: true })).rejects.toThrow(
    /model.safetensors was not written by Ostinato/,
  );
  expect(await readdir(folder)).toEqual(["model.safetensors"]);
});

test("a model whose config.json is missing, newer or damaged goes only if that is wanted, and a config.json alone is no model", async () => {
  const ways: [change: (config: string) => Promise<void>, difference: string][] = [
    [(config) => rm(config), "holds a model without its config.json"],
    [
      (config) => writeFile(config, '{"format": "ostinato", "formatVersion": "?"}'),
      "holds a model of another version, or a damaged one",
    ],
    [
      async (config) =>
        writeFile(config, (await readFile(config, "utf8")).replace(/"hiddenSize": ?4/, '"hiddenSize": 5')),
      "holds another model: its hiddenSize is 5, not 4",
    ],
  ];
  for (const [change, difference] of ways) {
    const folder = await saved();
    const config = join(folder, "config.json");
    await change(config);
    const written = await readFile(config, "utf8").catch(() => null);
    await expect(saveModelFolder(folder, model(2))).rejects.toThrow(`${folder} ${difference}. Choose another folder`);
    await saveModelFolder(folder, model(2), { overwrite: true });
    expect(await fillOf(folder)).toBe(2);
    if (written === null) continue;
    await writeFile(config, written);
    await rm(join(folder, "model.safetensors"));
    await saveModelFolder(folder, model(3));
    expect(await fillOf(folder)).toBe(3);
  }
});

test("a training beside weights of another tool goes when another model takes their place", async () => {
  const folder = await saved();
  await saveTrainerState(folder, { tensors: [], state: {} }, {});
  const { tensors } = model(5);
  await writeSafetensors(join(folder, "model.safetensors"), { tensors, metadata: {} });
  const plain = await readFile(join(folder, "model.safetensors"));
  const length = Number(plain.readBigUInt64LE());
  const { __metadata__: _, ...entries } = JSON.parse(plain.toString("utf8", 8, 8 + length));
  const text = JSON.stringify(entries).padEnd(length);
  await writeFile(
    join(folder, "model.safetensors"),
    Buffer.concat([plain.subarray(0, 8), Buffer.from(text), plain.subarray(8 + length)]),
  );
  await saveModelFolder(folder, model(6, { hiddenSize: 8 }), { overwrite: true });
  expect(await fillOf(folder)).toBe(6);
  expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", "vocabulary.json"]);
});

test("a file in the place of a folder is refused as one", async () => {
  const file = join(await temporaryFolder(), "model");
  await writeFile(file, "");
  await expect(expectFreeFolder("train", file)).rejects.toThrow(`${file} is a file, expected a folder.`);
  await expectFreeFolder("train", `${file}s`);
});

test("each missing file is named", async () => {
  const folder = await saved();
  for (const [name, message] of [
    ["config.json", /has no config.json: it is not a model folder, or it was copied in part/],
    ["model.safetensors", /has no model.safetensors: .*Copy the whole folder/],
    ["vocabulary.json", /There is no file .*vocabulary.json/],
  ] as const) {
    const copy = `${folder}-without-${name}`;
    await cp(folder, copy, { recursive: true });
    await rm(join(copy, name));
    await expect(load(copy)).rejects.toThrow(message);
  }
  await expect(load(`${folder}-none`)).rejects.toThrow(/There is no model folder/);
  await rename(folder, join(folder, "..", ".model.1-a.old"));
  await expect(load(folder)).rejects.toThrow(/left the old model in .*\.model\.1-a\.old: rename it back/);
  await rename(join(folder, "..", ".model.1-a.old"), folder);
  await expect(load(join(folder, "config.json"))).rejects.toThrow(/is a file, expected the folder of a model/);
});

test("each file cut off anywhere, or changed anywhere, is an error that names it", async () => {
  const folder = await saved();
  for (const name of await readdir(folder)) {
    const file = join(folder, name);
    const bytes = await readFile(file);
    const variants = Array.from({ length: bytes.length }, (_, length) => bytes.subarray(0, length));
    for (let at = 0; at < bytes.length; at++) {
      const altered = Buffer.from(bytes);
      altered[at] = (altered[at] as number) ^ 1;
      variants.push(altered);
    }
    for (const [i, content] of variants.entries()) {
      if (isSameJson(content, bytes)) continue;
      await writeFile(file, content);
      const error = await load(folder).catch((cause: unknown) => cause);
      expect(error, `${name}, variant ${i}`).toMatchObject({ code: "ERR_OSTINATO_FILE" });
      expect((error as Error).message).toMatch(/config.json|vocabulary.json|model.safetensors|holds a/);
    }
    await writeFile(file, bytes);
  }
  expect(await fillOf(folder)).toBe(1);
});

/** A space more or less does not change JSON. */
function isSameJson(a: Buffer, b: Buffer): boolean {
  try {
    return JSON.stringify(JSON.parse(a.toString())) === JSON.stringify(JSON.parse(b.toString()));
  } catch {
    return false;
  }
}

test("files of different models are not taken for one", async () => {
  const [a, b, c] = [await saved(), await saved(model(2, { hiddenSize: 8 })), await saved(model(3, { text: "xyz" }))];
  const mixed = async (from: string, name: string) => {
    const folder = join(await temporaryFolder(), "mixed");
    await cp(a, folder, { recursive: true });
    await cp(join(from, name), join(folder, name));
    return load(folder);
  };
  await expect(mixed(b, "model.safetensors")).rejects.toThrow(
    /config.json does not belong to model.safetensors beside it/,
  );
  await expect(mixed(b, "config.json")).rejects.toThrow(/config.json does not belong to model.safetensors/);
  await expect(mixed(c, "vocabulary.json")).rejects.toThrow(/vocabulary.json does not belong to model.safetensors/);
});

test("tensors of another tool are checked against the configuration", async () => {
  const folder = await saved();
  const file = join(folder, "model.safetensors");
  const put = async (tensors: Iterable<{ name: string; shape: number[]; values: Float32Array }>) => {
    await writeSafetensors(file, { tensors });
    return load(folder);
  };
  const weight = { name: "embedding.weight", shape: [3, 4], values: new Float32Array(12) };
  const bias = { name: "output.bias", shape: [3], values: new Float32Array(3) };
  await expect(put([weight])).rejects.toThrow(/expected tensor "output.bias" of F32 \[3\], got none/);
  await expect(put([{ ...weight, shape: [4, 3] }, bias])).rejects.toThrow(/of F32 \[3,4\], got F32 \[4,3\]/);
  await expect(put([weight, bias, { ...bias, name: "more" }])).rejects.toThrow(
    /tensor "more" has no place in that model/,
  );
  expect((await put([weight, bias])).tensors["output.bias"]?.values).toHaveLength(3);
});

test("a folder of a newer version, or of another class, is refused with a word why", async () => {
  const folder = await saved();
  await expect(loadModelFolder(folder, { ...kind, name: "Tagger" })).rejects.toThrow(
    /holds a LanguageModel, expected a Tagger/,
  );
  const file = join(folder, "config.json");
  const config = JSON.parse(await readFile(file, "utf8"));
  await writeFile(file, JSON.stringify({ ...config, formatVersion: 2 }));
  await expect(load(folder)).rejects.toThrow(/format version 2, and this Ostinato reads version 1. Update Ostinato/);
  await writeFile(file, JSON.stringify({ ...config, tokenizer: "../../secret.json" }));
  await expect(load(folder)).rejects.toThrow(/config.json: tokenizer: expected one of vocabulary.json, tokenizer.json/);
});

test("a vocabulary of another size is noticed", async () => {
  const folder = await saved({ ...model(1, { text: "abcde" }), tokenizer: CharacterTokenizer.fromText("abc") });
  await expect(load(folder)).rejects.toThrow(/vocabulary.json has 3 tokens, but the model has 5/);
});

test("a disk that fills up leaves the old model whole, whether it is saved again or overwritten", async ({ skip }) => {
  const disk = await smallDisk(256);
  if (!disk) return skip("mounting a small disk needs more rights");
  const folder = join(disk, "model");
  await saveModelFolder(folder, model(1, { hiddenSize: 10_000 })); // 120 kB
  await writeFile(join(disk, "other"), Buffer.alloc(50_000));
  await expect(saveModelFolder(folder, model(2, { hiddenSize: 10_000 }))).rejects.toThrow(/the disk is full/);
  expect(await fillOf(folder)).toBe(1);
  const large = model(3, { hiddenSize: 20_000 });
  await expect(saveModelFolder(folder, large, { overwrite: true })).rejects.toThrow(
    `Could not write ${join(folder, "model.safetensors")}: the disk is full.`,
  );
  await expect(saveModelFolder(join(disk, "new"), large)).rejects.toThrow(/the disk is full/);
  expect(await fillOf(folder)).toBe(1);
  expect((await readdir(disk)).sort()).toEqual(["model", "other"]);
  expect((await readdir(folder)).sort()).toEqual(["config.json", "model.safetensors", "vocabulary.json"]);
});

const point = {
  ...{ step: 1, epoch: 0.5, tokens: 64, loss: 2.5, gradientNorm: 0.1 },
  ...{ learningRate: 0.001, tokensPerSecond: 1000, seconds: 0.1 },
};
const resumeState = {
  position: { step: 1, epoch: 0, batch: 1, tokens: 64 },
  ...{ misses: 0, bestLoss: null, schedule: {}, seconds: 1.5 },
  curve: { every: 1, points: [point] },
  ...{ validations: [], samples: [], fingerprint: { seed: 1, optimizer: "adam" } },
};

test("the state of a training is one file, and its history another", async () => {
  const folder = await temporaryFolder();
  const tensors = [{ name: "m/weight", shape: [2], values: Float32Array.of(1, 2) }];
  const history = {
    steps: [point],
    validations: [],
    samples: [{ step: 1, epoch: 0.5, loss: 2, text: '"sha256":"x"' }],
  };
  const state = { ...resumeState, samples: history.samples };
  await saveTrainerState(folder, { tensors, state }, { ...history, seconds: 3 });
  expect(await loadTrainerState(folder)).toEqual({ tensors, state });
  expect(await loadTrainerHistory(folder)).toEqual({ ...history, seconds: 3 });
  const file = join(folder, "trainer.safetensors");
  const bytes = await readFile(file);
  for (let at = 0; at < bytes.length; at++) {
    const altered = Buffer.from(bytes);
    altered[at] = (altered[at] as number) ^ 1;
    await writeFile(file, altered);
    await expect(loadTrainerState(folder)).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
  }
  await writeSafetensors(file, { tensors, metadata: { format: "ostinato-trainer", formatVersion: "2" } });
  await expect(loadTrainerState(folder)).rejects.toThrow(/format version "2"/);
  for (const metadata of [
    {},
    { format: "ostinato-trainer", formatVersion: "1" },
    { formatVersion: "1", state: "{}" },
  ]) {
    await writeSafetensors(file, { tensors, metadata });
    await expect(loadTrainerState(folder)).rejects.toThrow(/not the state of a training/);
  }
});

test("a file under the name that another kind of vocabulary has is the user's, and stays when a model is replaced", async () => {
  const folder = await saved();
  await writeFile(join(folder, "tokenizer.json"), '{"mine": true}');
  await saveModelFolder(folder, model(3, { text: "xyz" }), { overwrite: true });
  expect(await fillOf(folder)).toBe(3);
  expect(await readFile(join(folder, "tokenizer.json"), "utf8")).toBe('{"mine": true}');
});
