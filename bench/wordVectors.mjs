// How many words a second do word2vec's trainers read, and how well do their vectors agree with people?
//
//   node bench/wordVectors.mjs TEXT JUDGEMENTS... [--rounds 3] [--epochs 5] [--architecture cbow] [--objective hierarchical] ...
//
// TEXT has a sentence a line and words between spaces; JUDGEMENTS are files as `ostinato evaluate` reads them. Opponents, in turns, each with all
// threads: fastText (without subwords) and gensim. Debian: apt-get install fasttext python3-gensim.
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import {
  analogyScores,
  ContextData,
  Corpus,
  CountedWords,
  linearDecay,
  nativeInfo,
  readWordJudgements,
  readWordVectors,
  sgd,
  similarityScores,
  Trainer,
  Word2Vec,
  WordTokenizer,
} from "../dist/index.js";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { median } from "./statistics.mjs";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    rounds: { type: "string", default: "3" },
    epochs: { type: "string", default: "5" },
    size: { type: "string", default: "100" },
    window: { type: "string", default: "5" },
    negatives: { type: "string", default: "5" },
    sample: { type: "string", default: "0.001" },
    "minimum-count": { type: "string", default: "5" },
    "learning-rate": { type: "string" },
    architecture: { type: "string", default: "skip-gram" },
    objective: { type: "string", default: "negative" },
    threads: { type: "string" },
    only: { type: "string" },
  },
});
const [text, ...judgements] = positionals;
if (!text) {
  process.stderr.write("node bench/wordVectors.mjs TEXT JUDGEMENTS...\n");
  process.exit(2);
}
const number = (name) => Number(values[name]);
const { architecture, objective } = values;
const task = {
  text,
  architecture,
  objective,
  threads: values.threads ? number("threads") : nativeInfo().threads,
  minimumCount: number("minimum-count"),
  learningRate: values["learning-rate"] ? number("learning-rate") : architecture === "cbow" ? 0.05 : 0.025,
  ...Object.fromEntries(["epochs", "size", "window", "negatives", "sample"].map((name) => [name, number(name)])),
};
const folder = mkdtempSync(join(tmpdir(), "ostinato-bench-"));
process.on("exit", () => rmSync(folder, { recursive: true, force: true }));

async function ostinato(seed) {
  const corpus = Corpus.fromFile(text);
  const { minimumCount, size, window, negatives, sample, epochs, learningRate } = task;
  const tokenizer = await WordTokenizer.fromCorpus(corpus, { minimumCount, unknown: true });
  const stream = await corpus.tokenize(tokenizer);
  const counted = await CountedWords.from(stream);
  const own = objective === "negative" ? { negatives } : {};
  const model = await Word2Vec.create({ tokenizer: counted, size, window, architecture, objective, seed, ...own });
  const data = new ContextData(stream, { model, sample });
  const optimizer = sgd({ learningRate });
  const trainer = new Trainer(model, { data, epochs, optimizer, schedule: linearDecay(), seed });
  const start = performance.now();
  await trainer.run();
  const seconds = (performance.now() - start) / 1000;
  const words = counted.wordCounts().reduce((sum, count) => sum + count, 0);
  return { rate: (words * epochs) / seconds, vectors: await model.vectors() };
}

async function fasttext(seed) {
  const out = join(folder, "fasttext");
  const { minimumCount, size, window, negatives, sample, epochs, learningRate, threads } = task;
  const options = {
    dim: size,
    ws: window,
    neg: negatives,
    t: sample,
    epoch: epochs,
    lr: learningRate,
    minCount: minimumCount,
  };
  const given = Object.entries({
    ...options,
    thread: threads,
    seed,
    minn: 0,
    maxn: 0,
    loss: objective === "negative" ? "ns" : "hs",
  });
  const command = architecture === "cbow" ? "cbow" : "skipgram";
  const { status, stderr, stdout } = spawnSync(
    "fasttext",
    [command, "-input", text, "-output", out, ...given.flatMap(([name, value]) => [`-${name}`, String(value)])],
    { encoding: "utf8" },
  );
  if (status !== 0) throw new Error(`fasttext: ${stderr}`);
  // Its own clock: words a second of one thread, at the end.
  const rate = Number([...`${stdout}${stderr}`.matchAll(/words\/sec\/thread:\s+(\d+)/g)].at(-1)[1]) * threads;
  return { rate, vectors: await readWordVectors(`${out}.vec`) };
}

async function gensim(seed) {
  const script = fileURLToPath(new URL("opponents/wordVectors.py", import.meta.url));
  const out = join(folder, "gensim.bin");
  const { status, stdout, stderr } = spawnSync("/usr/bin/python3", [script, JSON.stringify({ ...task, seed, out })], {
    encoding: "utf8",
    env: { ...process.env, OMP_NUM_THREADS: "1", OPENBLAS_NUM_THREADS: "1" },
  });
  if (status !== 0) throw new Error(`gensim: ${stderr}`);
  const { seconds, words } = JSON.parse(stdout.trim().split("\n").at(-1));
  return { rate: (words * task.epochs) / seconds, vectors: await readWordVectors(out) };
}

async function scoresOf(vectors) {
  const scores = {};
  for (const file of judgements) {
    const { pairs, analogies } = await readWordJudgements(file);
    const name = file.split("/").at(-1);
    scores[name] = pairs
      ? similarityScores(vectors, pairs).spearman
      : (await analogyScores(vectors, analogies)).accuracy;
  }
  return scores;
}

process.stdout.write(`${machineLine(describeMachine())}\n${JSON.stringify(task)}\n${busyWarning() ?? ""}\n`);
const contestants = { ostinato, fasttext, gensim };
const results = {};
for (let round = 1; round <= number("rounds"); round++) {
  for (const [name, run] of Object.entries(contestants)) {
    if (values.only && !values.only.split(",").includes(name)) continue;
    try {
      const { rate, vectors } = await run(round);
      (results[name] ??= []).push({ rate, scores: await scoresOf(vectors) });
    } catch (error) {
      process.stdout.write(`${name}: not measured: ${error.message}\n`);
    }
  }
}
const mean = (numbers) => numbers.reduce((sum, value) => sum + value, 0) / numbers.length;
for (const [name, rounds] of Object.entries(results)) {
  const rates = rounds.map(({ rate }) => rate);
  const own = judgements.map((file) => {
    const key = file.split("/").at(-1);
    return `${key} ${mean(rounds.map(({ scores }) => scores[key])).toFixed(4)}`;
  });
  const spread = `${Math.round(Math.min(...rates)).toLocaleString("en-US")} to ${Math.round(Math.max(...rates)).toLocaleString("en-US")}`;
  process.stdout.write(
    `${name}: ${Math.round(median(rates)).toLocaleString("en-US")} words/s (${spread}); ${own.join(", ")}\n`,
  );
}
