// Does the event loop stay free? node bench/eventLoop.mjs [SECONDS [WORKLOAD]]
// While nothing happens, while weights are made, while a model trains, and while it trains and 2,000 calls are under way.
import { setTimeout as sleep, setImmediate as turn } from "node:timers/promises";
import { describeMachine, machineLine } from "./machine.mjs";
import { executorOf, trainingStep } from "./step.mjs";
import { workloads } from "./workloads.mjs";

/** The timer that is watched, in milliseconds. */
const period = 1;
/** Calls under way at the same time. */
const concurrent = 2000;

const [seconds = "10", name = "W1"] = process.argv.slice(2);
const workload = workloads[name];
if (!(Number(seconds) > 0) || !workload) {
  process.stderr.write(`node bench/eventLoop.mjs [SECONDS [${Object.keys(workloads).join("|")}]]\n`);
  process.exit(1);
}

/**
 * Delays of the event loop while `work` goes on, in milliseconds, and what it counted: how long something that arrives at any moment
 * waits for its turn. A block of L ms delays what arrives in it by 0 to L ms, so that long blocks weigh as much as they last; the
 * histogram of perf_hooks counts each of them once.
 */
async function delays(work) {
  const blocks = [];
  let watching = true;
  const watch = (async () => {
    for (let last = performance.now(); watching; ) {
      await sleep(period);
      const now = performance.now();
      blocks.push(now - last);
      last = now;
    }
  })();
  const count = await work();
  watching = false;
  await watch;
  blocks.sort((a, b) => b - a);
  const total = blocks.reduce((sum, block) => sum + block, 0);
  const late = (delay) => Math.max(0, delay - period);
  const [median, p99] = [0.5, 0.01].map((share) => late(delayOf(blocks, share * total)));
  return { count, median, p99, maximum: late(blocks[0]) };
}

/** The delay that moments of `share` ms in all exceed: the sum of (block - delay) over the longer blocks. Longest block first. */
function delayOf(blocks, share) {
  let sum = 0;
  for (const [i, block] of blocks.entries()) {
    const next = blocks[i + 1] ?? 0;
    const within = (i + 1) * (block - next);
    if (sum + within >= share) return block - (share - sum) / (i + 1);
    sum += within;
  }
  return 0;
}

/** Calls `step` again and again until the time is over. */
async function stepsFor(step) {
  const end = performance.now() + Number(seconds) * 1000;
  let steps = 0;
  while (performance.now() < end) {
    await step();
    steps++;
  }
  return steps;
}

const { executor, settings } = await executorOf("native");
const step = await trainingStep(executor, workload, workload.T);
await step();

const { CharacterTokenizer, LanguageModel } = await import(new URL("../dist/index.js", import.meta.url).href);
const alphabet = "abcdefghijklmnopqrstuvwxyz ,.\n";
const tokenizer = CharacterTokenizer.fromText(alphabet);
const config = { executor, tokenizer, layers: 2 };

/** New weights, one model after the other. */
const created = () =>
  stepsFor(async () => {
    const { parameterCount } = await LanguageModel.create({ ...config, hiddenSize: 1024 });
    return parameterCount;
  });

/** Texts of a served model: every call is another prompt, and the next one begins when it ends. */
const served = await LanguageModel.create({ ...config, hiddenSize: 128 });
const text = (i) => Array.from({ length: 40 }, (_, c) => alphabet[(7 * i + c * c) % alphabet.length]).join("");
const calls = [
  async (i) => {
    for await (const _ of served.generate({ prompt: text(i), maximumLength: 20, seed: i }));
  },
  (i) => served.logProbability(text(i)),
  (i) => served.evaluate(text(i).repeat(20), { batchSize: 1 }),
  (i) => served.beamSearch({ prompt: text(i), beams: 2, maximumLength: 8 }),
];
async function serving() {
  const end = performance.now() + Number(seconds) * 1000;
  let answers = 0;
  let next = 0;
  const client = async () => {
    while (performance.now() < end) {
      const i = next++;
      await calls[i % calls.length](i);
      answers++;
    }
  };
  // As from sockets: each has a turn of its own.
  const clients = [];
  while (clients.length < concurrent) {
    clients.push(client());
    await turn();
  }
  await Promise.all(clients);
  return answers;
}

/** The same while a model trains in another store. */
async function servingAndTraining() {
  let over = false;
  const training = (async () => {
    while (!over) await step();
  })();
  const answers = await serving();
  over = true;
  await training;
  return answers;
}

const rows = [
  ["nothing to do", await delays(() => sleep(Number(seconds) * 1000, 0)), ""],
  ["new models of 16.8 M weights", await delays(created), "models"],
  [`training ${name}`, await delays(() => stepsFor(step)), "steps"],
  [`${concurrent} calls`, await delays(serving), "answers"],
  [`${concurrent} calls, training ${name}`, await delays(servingAndTraining), "answers"],
];
const cell = (value) => value.toFixed(2).padStart(8);
process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n\n`);
process.stdout.write(`event loop delay, ms             median      99 %   maximum     count\n`);
for (const [title, { median, p99, maximum, count }, unit] of rows) {
  const done = unit ? `${String(count).padStart(9)} ${unit}` : "";
  process.stdout.write(`${title.padEnd(30)} ${cell(median)}  ${cell(p99)}  ${cell(maximum)} ${done}\n`);
}
