import { Command } from "commander";
import { CharacterTokenizer, Corpus } from "../../data/index.js";
import { holdsModel } from "../../formats/index.js";
import { LanguageModel } from "../../models/languageModel/languageModel.js";
import { WindowData } from "../../models/textModel/data.js";
import type { Completed } from "../../options.js";
import { option, optional, table, text, whole } from "../../options.js";
import { adam } from "../../train/optimizers.js";
import { cosine, warmup } from "../../train/schedules.js";
import { Trainer } from "../../train/trainer.js";
import { passageOf } from "../../viz/index.js";
import { mobyDick } from "../demoText.js";
import { executorFrom } from "../executor.js";
import { exitCodeOf, interruptible } from "../interrupt.js";
import { given, withOptions } from "../options.js";
import { paint } from "../output.js";
import { count, countOf, duration, printer } from "../print.js";
import { reportTraining } from "../reportTraining.js";
import { writeReport } from "../writeReport.js";

const prompt = "The whale";
/** Share of the text that is kept for validation. */
const heldOut = 0.05;

const flags = table("demo", {
  /** Folder for the model and the report. Default: ostinato-demo, or ostinato-demo-2 ... where there is a model already. */
  out: option(optional(text({ as: "folder" })), { flag: "-o, --out" }),
  /** Updates to make, about 1000 a minute on two cores of a server of 2023. Default 1000. */
  maximumSteps: whole({ minimum: 1, initial: 1000 }),
});

export function demoCommand(): Command {
  const command = new Command("demo").description(
    "watch a character LSTM learn Moby Dick (about a minute on two free cores)",
  );
  return withOptions(command, flags).action(demo);
}

async function demo({ out: wanted, maximumSteps }: Completed<typeof flags>): Promise<void> {
  const print = printer({});
  const out = wanted ?? (await freeFolder("ostinato-demo"));
  const novel = mobyDick();
  const { signal, stoppedBy, done } = interruptible();
  const corpus = Corpus.fromText(novel, "Moby Dick");
  const tokenizer = await CharacterTokenizer.fromCorpus(corpus);
  const { train, validation } = (await corpus.tokenize(tokenizer)).split({ validation: heldOut });
  const model = await LanguageModel.create({
    tokenizer,
    hiddenSize: 192,
    embeddingSize: 64,
    executor: executorFrom({ executor: undefined, matmulPrecision: "highest", threads: undefined }),
  });
  print.note(
    paint.bold("Ostinato"),
    ` reads Moby Dick, ${countOf(train.length, "character")}, with an LSTM of 2 x 192 units ` +
      `(${count(model.parameterCount)} parameters).\nIt has never seen a word of English. Every so often it writes something. ` +
      "Ctrl-C ends it early.\n",
  );
  const trainer = new Trainer(model, {
    data: new WindowData(train, { batchSize: 64, windowLength: 64 }),
    validation: new WindowData(validation, { batchSize: 64, windowLength: 64, role: "validate" }),
    optimizer: adam({ learningRate: 4e-3 }),
    schedule: warmup(20, cosine({ floor: 0.05 })),
    epochs: 1000,
    maximumSteps,
    folder: out,
    samples: { every: Math.max(1, Math.floor(maximumSteps / 5)), write: (signal) => sample(model, signal) },
  });
  const line = reportTraining(trainer, print);
  const stopping = () => {
    line.pause();
    print.note("Stopping: it saves the model and makes its report; Ctrl-C once more ends it without.");
  };
  signal.addEventListener("abort", stopping);
  const { seconds } = await trainer.run({ signal }).finally(() => line.stop());
  const held = tokenizer.normalize(novel).slice(Math.floor(novel.length * (1 - heldOut)));
  const text = passageOf(held, { length: 1200, feature: "quotes" });
  const report = await writeReport({ model, folder: out, history: trainer.history, seconds, text });
  done();
  print.line(`\nLearnt for ${duration(seconds)}. Now look at what it learnt:`);
  print.line(`  model   ${out}/   npx ostinato generate ${out} --prompt "${prompt}" --temperature 0.7`);
  print.line(`  report  ${report}   curves, samples, and what single units watch for: open it in a browser`);
  const by = stoppedBy();
  if (by) process.exitCode = exitCodeOf(by);
}

async function sample(model: LanguageModel, signal: AbortSignal | undefined): Promise<string> {
  let text = prompt;
  const options = { prompt, maximumLength: 240, temperature: 0.7, seed: 1, ...given({ signal }) };
  for await (const piece of model.generate(options)) text += piece;
  return text;
}

/** The name itself, or with a number where models are kept under it already. */
async function freeFolder(name: string): Promise<string> {
  for (let n = 1; ; n++) {
    const folder = n === 1 ? name : `${name}-${n}`;
    if (!(await holdsModel(folder))) return folder;
  }
}
