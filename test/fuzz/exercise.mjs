import { join } from "node:path";
import {
  describeModelFolder,
  loadTrainerHistory,
  readJsonFile,
  readTrainingRecord,
  shapes,
} from "../../dist/formats/index.js";
import { curvesSVG, loadModel, nativeExecutor, OstinatoError, SubwordTokenizer } from "../../dist/index.js";
import { kindIn } from "../../dist/models/registry.js";
import { renderReport } from "../../dist/viz/index.js";
import { newTrainer, trainingModel } from "./training.mjs";
import { readFile, useOf } from "./uses.mjs";

const executor = nativeExecutor();

/** Does what users do with files that somebody gave them: each reader of each file, and what it reads made use of. */
export async function exercise(folder, { seed, changed }) {
  const touched = (...names) => names.some((name) => changed.includes(name));
  const failures = [];
  const attempt = async (what, action) => {
    const failure = await expectOwnErrors(action);
    if (failure) failures.push(`${what}: ${failure}`);
  };
  if (seed.startsWith("tokenizer")) {
    await attempt("tokenizer.json", () => readTokenizer(join(folder, "tokenizer.json")));
    return failures;
  }
  if (seed.startsWith("file ")) {
    for (const name of changed) await attempt(name, () => readFile(folder, name));
    return failures;
  }
  if (touched("config.json", "model.safetensors", "vocabulary.json", "tokenizer.json")) {
    await attempt("load", () => useModel(folder));
    await attempt("info", () => describeModel(folder));
  }
  if (touched("training.json")) await attempt("training.json", () => readTrainingRecord(folder));
  if (touched("trainer.json")) await attempt("trainer.json", () => drawHistory(folder));
  if (touched("trainer.safetensors") || (seed === "training" && touched("model.safetensors", "config.json"))) {
    await attempt("resume", () => resume(folder));
  }
  return failures;
}

/** @returns what is wrong: an error that is none of ours, or a message that is too long or gives orders to a terminal. */
async function expectOwnErrors(action) {
  try {
    await action();
    return null;
  } catch (error) {
    if (!(error instanceof OstinatoError)) return `${error?.stack ?? error}`.slice(0, 2000);
    if (error.message.length > 4100) return `a message of ${error.message.length} characters`;
    const unseen = /(?![\n\t])\p{Cc}|[\u202a-\u202e\u2066-\u2069\u200b]/u.exec(error.message);
    return unseen
      ? `a message with U+${unseen[0].codePointAt(0).toString(16)}: ${JSON.stringify(error.message)}`
      : null;
  }
}

async function useModel(folder) {
  await useOf(await loadModel(folder, { executor }));
}

async function describeModel(folder) {
  const { config } = await describeModelFolder(folder, await kindIn(folder));
  Object.values(config).map(String);
}

async function readTokenizer(file) {
  const tokenizer = new SubwordTokenizer(await readJsonFile(file, shapes.tokenizer));
  for (const text of ["", "ab cd\nabc  d\n", "é 각 👩‍💻", "<s>ab</s>"]) {
    const ids = tokenizer.encode(text);
    tokenizer.decode(ids);
    for (const id of ids) tokenizer.token(id);
  }
}

async function drawHistory(folder) {
  const history = await loadTrainerHistory(folder);
  const html = renderReport({ title: folder, summary: "", figures: [], configuration: [], history });
  const scripts = html.match(/<script\b/g).length;
  if (scripts !== 3 || /<img|onerror=alert\(1\)>/.test(html))
    throw new Error("a text of the history is markup of the report");
  const svg = curvesSVG([{ name: folder, history }]);
  if (/<img|<script/.test(svg)) throw new Error("a text of the history is markup of the picture");
}

/** Goes on for two updates, whatever the file says was done. */
async function resume(folder) {
  const stop = new AbortController();
  const trainer = newTrainer(await trainingModel(executor), folder, { resume: true, maximumSteps: 8 });
  trainer.on("step", () => stop.abort());
  await trainer.run({ signal: stop.signal });
}
