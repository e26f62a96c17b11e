import { cp, mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { Tokenizer } from "../../lib/data/tokenizer.js";
import type { FolderKind } from "../../lib/formats/folderKind.js";
import { lockFolder } from "../../lib/formats/folderLock.js";
import { modelIn as kindNameIn, loadModelFolder, saveModelFolder } from "../../lib/formats/modelFolder.js";
import { expectFreeFolder, holdsModel, holdsTraining } from "../../lib/formats/presentModel.js";
import { loadTrainerState, saveTrainerState } from "../../lib/formats/trainerFile.js";
import { noVocabulary } from "../../lib/formats/vocabularies.js";
import { inChild } from "../addon/child.js";
import { subwordTokenizers } from "../data/subwords.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { loadTiny, tinyKind } from "./tinyModel.js";

/** A model of one weight. Its training is at the update that its weight says. */
interface Model {
  weight: number;
  tokenizer: Tokenizer | null;
  files: string[];
}

const files = (...vocabulary: string[]) => ["config.json", "model.safetensors", ...vocabulary].sort();
const models = {
  first: { weight: 1, tokenizer: CharacterTokenizer.fromText("abc"), files: files("vocabulary.json") },
  sameVocabularyFile: { weight: 2, tokenizer: CharacterTokenizer.fromText("xyz"), files: files("vocabulary.json") },
  otherVocabularyFile: { weight: 3, tokenizer: subwordTokenizers["byte-level BPE"](), files: files("tokenizer.json") },
  noVocabulary: { weight: 4, tokenizer: null, files: files() },
};

const trainingFiles = ["trainer.json", "trainer.safetensors"];

const numberKind: FolderKind = { ...tinyKind, name: "Forecaster", vocabularies: noVocabulary() };

const contentOf = ({ weight, tokenizer }: Model) => ({
  model: (tokenizer ? tinyKind : numberKind).name,
  config: { weight },
  tensors: [{ name: "w", shape: [1], values: Float32Array.of(weight) }],
  tokenizer,
});

const stateOf = ({ weight }: Model) => ({
  tensors: [],
  state: {
    ...{ position: { step: weight, epoch: 0, batch: 0, tokens: 0 }, misses: 0, bestLoss: null, schedule: {} },
    ...{ seconds: 0, curve: { every: 1, points: [] }, validations: [], samples: [], fingerprint: {} },
  },
});

const history = { steps: [], validations: [], samples: [], seconds: 0 };

/**
 * Saves a model and its training, in a process that kills itself before the n-th call that changes the disk.
 */
function saveInChild(folder: string, model: Model, n: number) {
  const { tokenizer, ...content } = contentOf(model);
  const vocabulary = tokenizer ? `{ toJSON: () => (${JSON.stringify(tokenizer.toJSON())}) }` : "null";
  return inChild(`
    import fs from "node:fs";
    import { syncBuiltinESMExports } from "node:module";
    import { basename } from "node:path";
    const { saveModelFolder, saveTrainerState } = await import("./dist/formats/index.js");
    const handle = await fs.promises.open("/dev/null");
    await handle.close();
    const trace = [];
    const [paths, numbered] = [new WeakMap(), new Map()];
    let calls = 0;
    for (const [owner, methods] of [
      [fs.promises, ["open", "rename", "rm", "rmdir", "mkdir", "link"]],
      [Object.getPrototypeOf(handle), ["write", "chmod"]],
    ]) {
      for (const name of methods) {
        const original = owner[name];
        owner[name] = async function (...values) {
          const reads = name === "open" && values[1] !== "wx";
          if (!reads && ++calls === ${n}) process.kill(process.pid, "SIGKILL");
          const named = owner === fs.promises ? values.slice(0, 2) : [paths.get(this)];
          trace.push([name, ...named.filter((path) => typeof path === "string").map((path) => basename(path))].join(" "));
          const result = await original.apply(this, values);
          if (name === "open") {
            paths.set(result, values[0]);
            numbered.set(result.fd, values[0]);
          }
          return result;
        };
      }
    }
    const { fsync } = fs;
    fs.fsync = (number, done) => {
      trace.push("sync " + basename(numbered.get(number)));
      fsync(number, done);
    };
    process.on("exit", () => console.log(trace.join("\\n")));
    syncBuiltinESMExports();
    const folder = ${JSON.stringify(folder)};
    const tensors = [{ name: "w", shape: [1], values: Float32Array.of(${model.weight}) }];
    const content = { ...${JSON.stringify(content)}, tensors, tokenizer: ${vocabulary} };
    await saveModelFolder(folder, content, { overwrite: true });
    await saveTrainerState(folder, { ...${JSON.stringify(stateOf(model))} }, ${JSON.stringify(history)});
  `);
}

/** The model in a folder: whole, with the configuration, weights and vocabulary of one and the same. */
async function modelIn(folder: string): Promise<Model> {
  const kind = (await kindNameIn(folder)) === numberKind.name ? numberKind : tinyKind;
  const { config, tensors, tokenizer } = await loadModelFolder(folder, kind);
  const model = Object.values(models).find(({ weight }) => weight === config.weight) as Model;
  expect(tensors.w?.values).toEqual(Float32Array.of(model.weight));
  expect(tokenizer?.toJSON()).toEqual(model.tokenizer?.toJSON());
  return model;
}

async function stepIn(folder: string): Promise<number | null> {
  return (await holdsTraining(folder)) ? (await loadTrainerState(folder)).state.position.step : null;
}

for (const [name, next] of Object.entries(models).slice(1)) {
  test(`killed before any call, a replacement leaves the old model with its training, or the new one (${name})`, async () => {
    const parent = await temporaryFolder();
    const template = join(parent, "template");
    await saveModelFolder(template, contentOf(models.first));
    await saveTrainerState(template, stateOf(models.first), history);
    await writeFile(join(template, "notes.txt"), "mine");
    const seen = new Set<string>();
    let n = 0;
    for (let over = false; !over; ) {
      const folder = join(parent, `model-${++n}`);
      await cp(template, folder, { recursive: true });
      const { status, signal, stderr } = saveInChild(folder, next, n);
      over = status === 0;
      expect(over || signal === "SIGKILL", stderr).toBe(true);
      // A reader repairs nothing and needs no repair.
      const names = await readdir(folder);
      const found = await modelIn(folder);
      const step = await stepIn(folder);
      expect(await readdir(folder)).toEqual(names);
      expect([found.weight, null]).toContain(step);
      if (found === models.first) expect(step, `call ${n}`).toBe(1);
      // The next writer leaves the same model, and nothing else.
      await lockFolder(folder, { owner: "test", purpose: "saving" }, async () => {});
      expect(await modelIn(folder)).toBe(found);
      expect(await stepIn(folder)).toBe(step);
      const kept = [...found.files, "notes.txt", ...(step === null ? [] : trainingFiles)].sort();
      // trainer.json follows trainer.safetensors.
      const early = kept.filter((file) => file !== "trainer.json");
      expect([kept, early]).toContainEqual((await readdir(folder)).sort());
      expect(await readFile(join(folder, "notes.txt"), "utf8")).toBe("mine");
      expect((await readdir(parent)).filter((entry) => entry.startsWith("."))).toEqual([]);
      seen.add(`${found.weight} ${step}`);
    }
    expect(n).toBeGreaterThan(30);
    expect([...seen].sort()).toEqual(["1 1", `${next.weight} ${next.weight}`, `${next.weight} null`]);
  });
}

test("killed before any call, a first save leaves no model or a whole one, and the next save succeeds", async () => {
  const parent = await temporaryFolder();
  const next = models.otherVocabularyFile;
  let whole = 0;
  for (let n = 1, over = false; !over; n += 3) {
    const folder = join(parent, `${n}`, "deep");
    await mkdir(join(parent, `${n}`));
    over = saveInChild(folder, next, n).status === 0;
    const there = await holdsModel(folder);
    if (there) expect(await modelIn(folder)).toBe(next);
    else await expect(loadTiny(folder)).rejects.toMatchObject({ code: "ERR_OSTINATO_FILE" });
    if (there) whole++;
    await saveModelFolder(folder, contentOf(next), { overwrite: true });
    expect((await readdir(folder)).sort()).toEqual(next.files);
  }
  expect(whole).toBeGreaterThan(3);
});

test("each step of a replacement is on the disk before the next one begins", async () => {
  const folder = join(await temporaryFolder(), "model");
  await saveModelFolder(folder, contentOf(models.first));
  await saveTrainerState(folder, stateOf(models.first), history);
  const calls = saveInChild(folder, models.otherVocabularyFile, 0).stdout.trim().split("\n");
  const commit = calls.findIndex((call) => /^rename \.model\.safetensors\S+ model\.safetensors$/.test(call));
  const content = calls[commit]?.split(" ")[1];
  const [before, after] = [calls.slice(0, commit), calls.slice(commit)];
  // The content; the names of its companions, and those that the old ones got; the folder that holds them; the new name.
  expect(before.lastIndexOf(`sync ${content}`)).toBeGreaterThan(before.lastIndexOf(`write ${content}`));
  const hidden = before.filter((call) => /^rename \S+ \.(config|tokenizer|vocabulary|trainer)\.\S+$/.test(call));
  expect(hidden.length).toBe(5);
  expect(before.lastIndexOf("sync model")).toBeGreaterThan(before.lastIndexOf(hidden.at(-1) as string));
  // The new name; the folder; the names of the companions.
  const shown = after.findIndex((call) => /^rename \.\S+ (config|tokenizer)\.json$/.test(call));
  expect(shown).toBeGreaterThan(0);
  expect(after.slice(0, shown)).toContain("sync model");
});

test("a training without its model is known as one of ours, a file of that name that is not is left alone", async () => {
  const folder = await temporaryFolder();
  await saveTrainerState(folder, stateOf(models.first), history);
  await expect(expectFreeFolder("Trainer", folder, { training: true })).rejects.toThrow(/holds a training already/);
  await expectFreeFolder("Trainer", folder, { training: true, overwrite: true });
  await writeFile(join(folder, "trainer.safetensors"), "mine");
  await expect(expectFreeFolder("Trainer", folder, { training: true, overwrite: true })).rejects.toThrow(
    /trainer\.safetensors was not written by Ostinato/,
  );
});
