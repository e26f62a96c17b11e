// Causal attention by several heads, forward and backward, beside PyTorch. node bench/attention.mjs [SECONDS [ROUNDS]]
// softmax(Q Kᵀ / √D) V of 4 sequences, 8 heads of 64 features, at 64 to 1,024 steps.
import { fileURLToPath } from "node:url";
import { differentiate, Graph, ops } from "../dist/index.js";
import { measureCeilings } from "./ceilings.mjs";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { allThreads, fastPyTorch } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";
import { executorOf } from "./step.mjs";

const [seconds = 2, rounds = 5] = process.argv.slice(2).map(Number);
if (!(seconds > 0 && rounds >= 1)) {
  process.stderr.write("node bench/attention.mjs [SECONDS [ROUNDS]]\n");
  process.exit(1);
}
const lengths = [64, 128, 256, 512, 1024];
const sizes = { batch: 4, heads: 8, features: 64 };

/** Two products forward and five backward, of which a causal mask leaves half. */
function flopsPerStep(T) {
  return (7 * 2 * sizes.batch * sizes.heads * T * T * sizes.features) / 2;
}

const { executor, settings } = await executorOf("native");

/** A contestant: `round(seconds)` resolves with the seconds of a step, the least of them. */
async function ostinato(T) {
  const { batch: B, heads, features } = sizes;
  const F = heads * features;
  const graph = new Graph();
  const query = graph.feed("query", "f32", [T, B, F]);
  const memory = graph.feed("memory", "f32", [T, B, 2 * F]);
  const context = ops.multiHeadAttention({ query, memory, heads, causal: true });
  const loss = ops.sum(ops.multiply(context, graph.feed("upstream", "f32", [T, B, F])));
  const [dquery, dmemory] = differentiate(loss, [query, memory]);
  for (const [name, tensor] of Object.entries({ loss, dquery, dmemory })) {
    graph.output(
      name,
      name === "loss" ? tensor : ops.max(ops.reshape(tensor, [tensor.shape.reduce((a, b) => a * b)]), 0),
    );
  }
  const executable = executor.compile(graph.program(), executor.createStore());
  const wave = (n, step) => Float32Array.from({ length: n }, (_, i) => Math.sin(step * i));
  const feeds = { query: wave(T * B * F, 1), memory: wave(2 * T * B * F, 2), upstream: wave(T * B * F, 3) };
  const step = () => executable.run(feeds);
  for (let i = 0; i < 3; i++) await step();
  const round = async (duration) => {
    const end = performance.now() + 1000 * duration;
    let least = Number.POSITIVE_INFINITY;
    while (performance.now() < end) {
      const start = performance.now();
      await step();
      least = Math.min(least, performance.now() - start);
    }
    return least / 1000;
  };
  return { title: "Ostinato, native", round, stop: () => {} };
}

async function pytorch(T) {
  const child = new OpponentProcess({
    command: "/usr/bin/python3",
    arguments: [
      fileURLToPath(new URL("opponents/attention.py", import.meta.url)),
      JSON.stringify({ ...sizes, length: T, threads: allThreads }),
    ],
    environment: fastPyTorch(allThreads),
  });
  const { settings: title } = await child.ready();
  return { title, round: async (duration) => (await child.round(duration)).secondsPerStep, stop: () => child.stop() };
}

process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n${busyWarning() ?? ""}\n`);
const peak = measureCeilings(allThreads).fmaGflops;
for (const T of lengths) {
  const contestants = [];
  for (const make of [ostinato, pytorch]) {
    try {
      contestants.push({ ...(await make(T)), least: Number.POSITIVE_INFINITY });
    } catch (error) {
      process.stdout.write(`${make.name}: not measured: ${error.message}\n`);
    }
  }
  for (let i = 0; i < rounds; i++) {
    for (const one of contestants) one.least = Math.min(one.least, await one.round(seconds));
  }
  const gflop = flopsPerStep(T) / 1e9;
  process.stdout.write(`T ${T}: ${gflop.toFixed(2)} GFLOP a step; peak ${peak} GFLOP/s\n`);
  for (const { title, least, stop } of contestants) {
    const rate = gflop / least;
    process.stdout.write(
      `${(1000 * least).toFixed(2).padStart(9)} ms  ${rate.toFixed(1).padStart(7)} GFLOP/s  ${((100 * rate) / peak).toFixed(0).padStart(3)} % of the peak  ${title}\n`,
    );
    stop();
  }
}
