// A language model is trained for thirty steps, writes, and is trained in workers, one of which is ended in the midst of it.
// `smoke.mjs LIBRARY RESULT [native|reference]` writes what came out to RESULT, as JSON.
import { mkdtempSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { isAbsolute, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { isMainThread, parentPort, Worker, workerData } from "node:worker_threads";

const [library, resultFile, executorName] = isMainThread ? process.argv.slice(2) : workerData.args;
const place = isAbsolute(library) ? pathToFileURL(library) : library;
const { CharacterTokenizer, LanguageModel, memoryStream, nativeInfo, Trainer, WindowData } = await import(place);
const text = "the quick brown fox jumps over the lazy dog. ".repeat(60);

async function train(hiddenSize, maximumSteps, onStep) {
  const tokenizer = CharacterTokenizer.fromText(text);
  const model = await LanguageModel.create({ tokenizer, hiddenSize, executor: executorName, seed: 1 });
  const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 4, windowLength: 16 });
  const trainer = new Trainer(model, { data, epochs: 1e6, maximumSteps });
  trainer.on("step", onStep);
  await trainer.run();
  return model;
}

if (isMainThread) {
  let sum = 0;
  const model = await train(64, 30, ({ loss }) => {
    sum += loss;
  });
  // A model of a folder: written, flushed and read again.
  const folder = join(mkdtempSync(join(tmpdir(), "ostinato-smoke-")), "model");
  await model.save(folder);
  const again = await LanguageModel.load(folder, { executor: executorName });
  let written = "";
  for await (const piece of again.generate({ prompt: "the ", temperature: 0.8, seed: 5, maximumLength: 40 }))
    written += piece;
  const refused = executorName === "native" && isAbsolute(library) ? await nativeRefusal() : null;
  const workers = executorName === "reference" ? [] : await runWorkers();
  const kernels = executorName === "reference" ? "reference" : nativeInfo().kernels.chosen;
  writeFileSync(resultFile, JSON.stringify({ sum, written, refused, workers, kernels, version: process.version }));
} else {
  await train(32, workerData.steps, () => parentPort.postMessage("step"));
}

/** Code of an error that is thrown in C++. */
async function nativeRefusal() {
  const { loadAddon } = await import(new URL("executor/loadAddon.js", place));
  try {
    loadAddon().setKernels("sse9");
  } catch ({ code }) {
    return code;
  }
}

async function runWorkers() {
  const ends = [];
  for (const steps of [5, 1e6, 5]) ends.push(await runWorker(steps));
  return ends;
}

/** How a worker ended: "ended" by itself, or by us when it had begun. */
function runWorker(steps) {
  return new Promise((resolve, reject) => {
    const worker = new Worker(fileURLToPath(import.meta.url), {
      workerData: { args: [library, resultFile, executorName], steps },
    });
    let terminated = false;
    worker.on("message", () => {
      if (steps < 1000 || terminated) return;
      terminated = true;
      worker.terminate();
    });
    worker.on("error", reject);
    worker.on("exit", () => resolve(terminated ? "terminated" : "ended"));
  });
}
