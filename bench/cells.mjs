// Tokens/s of a training step for each cell at W1's sizes, in turns, and how fast the vector scan reads and writes memory.
// node bench/cells.mjs [SECONDS [CELLS [WORKLOAD]]]; SECONDS for each cell (default 5), CELLS separated by commas (default: all).
import { Graph, ops } from "../dist/index.js";
import { knownCells } from "../dist/nn/cellRegistry.js";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { median } from "./statistics.mjs";
import { executorOf, trainingStep } from "./step.mjs";
import { workloads } from "./workloads.mjs";

const [seconds = "5", names, name = "W1"] = process.argv.slice(2);
const workload = workloads[name];
const known = knownCells().map((cell) => cell.name);
const cells = names ? names.split(",") : known;
if (!(Number(seconds) > 0) || workload?.kind !== "language model" || cells.some((cell) => !known.includes(cell))) {
  process.stderr.write("node bench/cells.mjs [SECONDS [CELLS [WORKLOAD]]]\n");
  process.exit(1);
}

/** Milliseconds of each step until the time is over, of one at least. */
async function timesOf(step, duration) {
  const times = [];
  const end = performance.now() + 1000 * duration;
  do {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  } while (performance.now() < end);
  return times;
}

/** GB/s of `ops.vectorScan` over [T,B,H], which reads a and b and writes y. */
async function scanBandwidth(executor, { T, B, H }) {
  const graph = new Graph();
  const [a, b] = ["a", "b"].map((operand) => graph.variable({ name: operand, dtype: "f32", shape: [T, B, H] }));
  const { y } = ops.vectorScan({ a, b, h0: graph.zeros([B, H]) });
  // Nobody outside reads y itself: the step's time is the scan's.
  graph.output("last", ops.slice(y, { axis: 0, start: T - 1, end: T }));
  const executable = executor.compile(graph.program(), executor.createStore());
  const step = () => executable.run({});
  await step();
  return (12 * T * B * H) / (1e6 * median(await timesOf(step, 1)));
}

const machine = describeMachine();
const { executor, settings } = await executorOf("native");
process.stdout.write(`${machineLine(machine)}\n${settings}\n`);
const busy = busyWarning(machine);
if (busy) process.stdout.write(`${busy}\n`);

const runs = [];
for (const cell of cells) {
  const step = await trainingStep(executor, { ...workload, cell }, workload.T);
  await step();
  runs.push({ cell, step, times: [] });
}
const rounds = 5;
for (let round = 0; round < rounds; round++) {
  for (const run of round % 2 === 0 ? runs : [...runs].reverse()) {
    run.times.push(await timesOf(run.step, Number(seconds) / rounds));
  }
}
const lstm = runs.find(({ cell }) => cell === "lstm");
for (const { cell, times } of runs) {
  const milliseconds = median(times.flat());
  const speed = Math.round((1000 * workload.T * workload.B) / milliseconds);
  const ratios = lstm && cell !== "lstm" ? times.map((own, i) => median(lstm.times[i]) / median(own)) : [];
  const beside =
    ratios.length > 0
      ? `, ${median(ratios).toFixed(2)} x lstm (${Math.min(...ratios).toFixed(2)} to ${Math.max(...ratios).toFixed(2)})`
      : "";
  process.stdout.write(`${cell}: ${speed} tokens/s, ${milliseconds.toFixed(1)} ms a step${beside}\n`);
}
process.stdout.write(`vectorScan: ${(await scanBandwidth(executor, workload)).toFixed(1)} GB/s\n`);
