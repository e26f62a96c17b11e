// How many sentences a second does a tagger with a conditional random field learn from, and tag? node bench/tagging.mjs DATA [SECONDS [ROUNDS]]
import { fileURLToPath } from "node:url";
import { readTaggedSentences, SequenceTagger, TaggedData, TaggerVocabulary } from "../dist/index.js";
import { adam } from "../dist/train/optimizers.js";
import { TrainingStep } from "../dist/train/step.js";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { allThreads, fastPyTorch } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";
import { median } from "./statistics.mjs";
import { executorOf } from "./step.mjs";

const [folder, seconds = 10, rounds = 5] = [process.argv[2], ...process.argv.slice(3).map(Number)];
if (folder === undefined || !(seconds > 0 && rounds >= 1)) {
  process.stderr.write(
    "node bench/tagging.mjs DATA [SECONDS [ROUNDS]]: DATA holds en_ewt-ud-train.conllu and en_ewt-ud-dev.conllu.\n",
  );
  process.exit(1);
}
const files = ["train", "dev"].map((part) => `${folder}/en_ewt-ud-${part}.conllu`);
const [train, dev] = await Promise.all(files.map((file) => readTaggedSentences(file)));

/**
 * The sizes of NCRF++ (Yang & Zhang 2018, section 4): words of 100, a convolution of 50 over characters of 30, an LSTM whose two directions
 * have 200 units together, dropout 0.5; and one with 200 units in each. Batches of 32 in training.
 */
const sizes = { embeddingSize: 100, characterEmbeddingSize: 30, characterSize: 50, batchSize: 32 };
const { executor, settings } = await executorOf("native");
const clock = () => performance.now();

/** A contestant: `learn(seconds)` and `tag(seconds)` resolve with sentences a second. */
async function ostinato(hiddenSize) {
  const { batchSize, ...others } = sizes;
  const tokenizer = TaggerVocabulary.of(train, { lowercase: true });
  const options = { ...others, hiddenSize, characters: "cnn", output: "crf", dropout: 0.5 };
  const model = await SequenceTagger.create({ tokenizer, executor, ...options });
  const data = await TaggedData.create(train, { tokenizer, batchSize });
  const step = new TrainingStep(model, { optimizer: adam(), clipNorm: 5, clipValue: 0, reduction: "token" });
  let [updates, epoch] = [0, 0];
  let batches = data.batches(epoch);
  const texts = dev.map(({ tokens }) => tokens);
  const learn = async (duration) => {
    const [start, from] = [clock(), updates];
    for (let now = start; now - start < 1000 * duration; now = clock()) {
      let next = batches.next();
      if (next.done) {
        batches = data.batches(++epoch);
        next = batches.next();
      }
      await step.run(next.value, { learningRate: 1e-3, step: ++updates, seed: 1 });
    }
    return (1000 * batchSize * (updates - from)) / (clock() - start);
  };
  const tag = async (duration) => {
    const start = clock();
    let count = 0;
    for (; clock() - start < 1000 * duration; count += texts.length) await model.tag(texts);
    return (1000 * count) / (clock() - start);
  };
  // Programs of all shapes are compiled once.
  for (const batch of data.batches(epoch)) await step.run(batch, { learningRate: 1e-3, step: ++updates, seed: 1 });
  await tag(0.1);
  return { title: "Ostinato, native", learn, tag, stop: () => {} };
}

async function pytorch(hiddenSize) {
  const script = fileURLToPath(new URL("opponents/tagging.py", import.meta.url));
  const child = new OpponentProcess({
    command: "/usr/bin/python3",
    arguments: [script, JSON.stringify({ ...sizes, hiddenSize, files, threads: allThreads })],
    environment: fastPyTorch(allThreads),
  });
  const { settings: title } = await child.ready();
  const work = (name) => async (duration) => (await child.round(duration, { work: name })).sentencesPerSecond;
  return { title, learn: work("learn"), tag: work("tag"), stop: () => child.stop() };
}

process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n${busyWarning() ?? ""}\n`);
for (const hiddenSize of [100, 200]) {
  const contestants = [];
  for (const make of [ostinato, pytorch]) {
    try {
      contestants.push({ ...(await make(hiddenSize)), learnt: [], tagged: [] });
    } catch (error) {
      process.stdout.write(`${make.name}: not measured: ${error.message}\n`);
    }
  }
  for (let round = 0; round < rounds; round++) {
    for (const one of contestants) one.learnt.push(await one.learn(seconds));
    for (const one of contestants) one.tagged.push(await one.tag(seconds));
  }
  process.stdout.write(
    `\nLSTM of ${hiddenSize} units in each direction, sentences a second: median (lowest to highest)\n`,
  );
  const shown = (values) => {
    const [low, middle, high] = [Math.min(...values), median(values), Math.max(...values)].map((value) =>
      Math.round(value).toLocaleString("en"),
    );
    return `${middle} (${low} to ${high})`;
  };
  for (const { title, learnt, tagged, stop } of contestants) {
    stop();
    process.stdout.write(`${title}: learnt from ${shown(learnt)}, tagged ${shown(tagged)}\n`);
  }
}
