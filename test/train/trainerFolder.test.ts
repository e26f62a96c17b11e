import { readdir, readFile, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { loadTrainerState } from "../../lib/formats/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import type { LanguageModelForm } from "../../lib/models/textModel/data.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { adam } from "../../lib/train/optimizers.js";
import { Trainer } from "../../lib/train/trainer.js";
import type { TrainerOptions } from "../../lib/train/trainerOptions.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import { smallDisk } from "../formats/smallDisk.js";

const text = "To be, or not to be: that is the question.\n".repeat(20);
const tokenizer = CharacterTokenizer.fromText(text);

function newModel(hiddenSize = 8): Promise<LanguageModel> {
  return LanguageModel.create({ tokenizer, hiddenSize, layers: 1, executor: nativeExecutor() });
}

/** 13 updates an epoch. */
function options(more: Partial<TrainerOptions<LanguageModelForm>>): TrainerOptions<LanguageModelForm> {
  const data = (role: "train" | "validate") =>
    new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 4, windowLength: 16, role });
  return {
    data: data("train"),
    validation: data("validate"),
    optimizer: adam({ learningRate: 0.01 }),
    epochs: 1,
    ...more,
  };
}

/** Every file with its content. */
async function contentOf(folder: string): Promise<Record<string, string>> {
  const content: Record<string, string> = {};
  for (const name of (await readdir(folder)).sort()) {
    if (!name.startsWith(".ostinato")) content[name] = await readFile(join(folder, name), "base64");
  }
  return content;
}

async function trained(parent?: string): Promise<string> {
  const folder = join(parent ?? (await temporaryFolder()), "model");
  await new Trainer(await newModel(), options({ folder })).run();
  return folder;
}

test("a folder that holds a model is not trained in unless told to, and the message knows the ways out", async () => {
  const folder = await trained();
  const before = await contentOf(folder);
  await expect(new Trainer(await newModel(), options({ folder })).run()).rejects.toThrow(
    `${folder} holds a model already. Choose another folder, go on with its training (--resume), or overwrite it (--overwrite`,
  );
  expect(await contentOf(folder)).toEqual(before);
});

test("an old model stays whole until the one that replaces it has been measured", async () => {
  const folder = await trained();
  const before = await contentOf(folder);
  const trainer = new Trainer(await newModel(12), options({ folder, overwrite: true, epochs: 2 }));
  const kept: boolean[] = [];
  const looks: Promise<unknown>[] = [];
  trainer.on("step", ({ step }) => {
    if (step <= 13)
      looks.push(contentOf(folder).then((now) => kept.push(JSON.stringify(now) === JSON.stringify(before))));
  });
  const end = await trainer.run();
  await Promise.all(looks);
  expect(kept.length).toBe(13);
  expect(kept.slice(0, 12)).toEqual(Array(12).fill(true));
  expect(end.saved).toBe(true);
  expect((await loadTrainerState(folder)).state.position.step).toBe(26);
  const loaded = await LanguageModel.load(folder, { executor: nativeExecutor() });
  expect(loaded.network.config.hiddenSize).toBe(12);
});

test("as soon as a model has been replaced there is a state to resume from, and it is the new one's", async () => {
  const folder = await trained();
  const trainer = new Trainer(await newModel(12), options({ folder, overwrite: true, epochs: 9, validateEvery: 5 }));
  const states: number[] = [];
  trainer.on("checkpoint", async ({ kind, step }) => {
    if (kind === "resume") states.push(step, (await loadTrainerState(folder)).state.position.step);
    if (states.length >= 2) stop.abort();
  });
  const stop = new AbortController();
  await trainer.run({ signal: stop.signal });
  expect(states.slice(0, 2)).toEqual([5, 5]);
});

test("where no model is replaced, the state to resume from is written at its own times, not with each better model", async () => {
  const folder = join(await temporaryFolder(), "model");
  const trainer = new Trainer(await newModel(), options({ folder, epochs: 2, validateEvery: 4 }));
  const seen: Record<string, number[]> = { best: [], resume: [] };
  trainer.on("checkpoint", ({ kind, step }) => seen[kind]?.push(step));
  await trainer.run();
  expect(seen.best).toEqual(expect.arrayContaining([4, 8, 12]));
  // Before the first step, after an epoch, and at the end.
  expect(seen.resume).toEqual([0, 13, 26]);
});

test("a training that ends before its first step, diverges or fails leaves the old model and its training", async () => {
  const folder = await trained();
  const before = await contentOf(folder);
  const overwriting = async (more: Partial<TrainerOptions<LanguageModelForm>>) =>
    new Trainer(await newModel(12), options({ folder, overwrite: true, ...more }));
  const end = await (await overwriting({})).run({ signal: AbortSignal.abort() });
  expect(end).toMatchObject({ reason: "stopped", step: 0, saved: false });
  expect(await contentOf(folder)).toEqual(before);
  // Such a rate makes the loss 1e30 in a model as small as this; in others it is infinite or NaN.
  const rate = { optimizer: adam({ learningRate: 1e30 }), validateEvery: 5, checkpointSeconds: 1e-6 };
  const exploding = await overwriting(rate);
  const [losses, measured]: [number[], number[]] = [[], []];
  exploding.on("step", ({ loss }) => losses.push(loss));
  exploding.on("validation", ({ loss }) => measured.push(loss));
  const exploded = await exploding.run().catch((error: Error) => error);
  const [first, last] = [losses[0], measured.at(-1)].map((loss) => loss?.toPrecision(3));
  expect(exploded).toMatchObject({ code: "ERR_OSTINATO_DIVERGED" });
  expect((exploded as Error).message).toContain(
    `the loss is ${last}, after ${first} in the first step. ${folder} holds the model that it held before`,
  );
  expect(new Set(measured.map((loss) => loss.toPrecision(3))).size).toBe(measured.length);
  expect(await contentOf(folder)).toEqual(before);
  // Without a validation the last loss of training counts.
  const { validation: _, validateEvery: __, ...alone } = options({ folder, overwrite: true, ...rate });
  const unmeasured = new Trainer(await newModel(12), alone);
  const own: number[] = [];
  unmeasured.on("step", ({ loss }) => own.push(loss));
  const error = (await unmeasured.run().catch((reason: Error) => reason)) as Error;
  expect(error.message).toContain(`the loss is ${own.at(-1)?.toPrecision(3)}, after ${own[0]?.toPrecision(3)} in the`);
  expect(await contentOf(folder)).toEqual(before);
  const failing = await overwriting({});
  failing.on("step", () => {
    throw new Error("out of memory");
  });
  await expect(failing.run()).rejects.toThrow("out of memory");
  expect(await contentOf(folder)).toEqual(before);
  const resumed = await new Trainer(await newModel(), options({ folder, resume: true, epochs: 2 })).run();
  expect(resumed).toMatchObject({ reason: "finished", step: 26, saved: true });
});

test("a disk without room for the new model is known before the first step, and the old one stays", async ({
  skip,
}) => {
  const disk = await smallDisk(160);
  if (!disk) return skip("mounting a small disk needs more rights");
  const folder = await trained(disk);
  const before = await contentOf(folder);
  const trainer = new Trainer(await newModel(128), options({ folder, overwrite: true }));
  let steps = 0;
  trainer.on("step", () => steps++);
  await expect(trainer.run()).rejects.toThrow(
    `Could not write ${join(folder, "model.safetensors")}: the disk is full.`,
  );
  expect(steps).toBe(0);
  expect(await contentOf(folder)).toEqual(before);
});

test("while a training runs, its folder takes no other training and no other model", async () => {
  const folder = join(await temporaryFolder(), "model");
  const first = new Trainer(await newModel(), options({ folder, epochs: 5 }));
  const begun = new Promise((resolve) => first.once("step", resolve));
  const running = first.run();
  await begun;
  const refused = /is being trained by this process since/;
  const other = await newModel();
  await expect(new Trainer(other, options({ folder, resume: true })).run()).rejects.toThrow(refused);
  await expect(new Trainer(other, options({ folder, overwrite: true })).run()).rejects.toThrow(refused);
  await expect(other.save(folder)).rejects.toThrow(refused);
  expect((await running).reason).toBe("finished");
  await other.save(folder);
});

test("a listener may save the model into the folder of its training", async () => {
  const folder = join(await temporaryFolder(), "model");
  const model = await newModel();
  const trainer = new Trainer(model, options({ folder }));
  const saves: Promise<void>[] = [];
  trainer.on("step", () => saves.push(model.save(folder)));
  await trainer.run();
  await Promise.all(saves);
  expect((await readdir(folder)).filter((name) => name.startsWith("."))).toEqual([]);
});

test("files of the user's own under the names of a training's are not written over", async () => {
  for (const name of ["config.json", "vocabulary.json", "trainer.json", "training.json", "trainer.safetensors"]) {
    const folder = await temporaryFolder();
    await writeFile(join(folder, name), '{"mine": true}');
    for (const overwrite of [false, true]) {
      const training = new Trainer(await newModel(), options({ folder, overwrite })).run();
      await expect(training).rejects.toThrow(`${join(folder, name)} was not written by Ostinato`);
    }
    expect(await readdir(folder)).toEqual([name]);
  }
});
