// Convolutions and pooling over photos, forward and backward, beside PyTorch. node bench/convolution.mjs [SECONDS [ROUNDS]]
// The layers that a captioner of photos of 64 x 64 begins with: 3 x 3 filters, ReLU, and the largest of 2 x 2, three times.
import { fileURLToPath } from "node:url";
import { Convolution, differentiate, Graph, initialize, ops } from "../dist/index.js";
import { measureCeilings } from "./ceilings.mjs";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { allThreads, fastPyTorch } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";
import { executorOf } from "./step.mjs";

const [seconds = 5, rounds = 5] = process.argv.slice(2).map(Number);
if (!(seconds > 0 && rounds >= 1)) {
  process.stderr.write("node bench/convolution.mjs [SECONDS [ROUNDS]]\n");
  process.exit(1);
}
const sizes = { batch: 32, side: 64, filters: [32, 64, 64] };

/** Multiply-adds of a step count twice; the first layer's input needs no gradient. */
function flopsPerStep({ batch, side, filters }) {
  const layers = filters.map((O, i) => 2 * batch * (side >> i) ** 2 * 9 * (filters[i - 1] ?? 3) * O);
  return layers.reduce((sum, flops, i) => sum + flops * (i === 0 ? 2 : 3), 0);
}

const { executor, settings } = await executorOf("native");

/** A contestant: `round(seconds)` resolves with the seconds of a step, the least of them. */
async function ostinato({ batch, side, filters }) {
  const layers = filters.map(
    (O, i) => new Convolution(`convolution ${i}`, { inputSize: filters[i - 1] ?? 3, outputSize: O, size: 3 }),
  );
  const store = executor.createStore();
  await initialize(
    store,
    layers.flatMap(({ parameters }) => parameters),
  );
  const graph = new Graph();
  const apply = (x, layer) => ops.maxPool(ops.relu(layer.apply(x)), { size: 2 });
  const loss = ops.sum(ops.square(layers.reduce(apply, graph.feed("x", "f32", [batch, side, side, 3]))));
  const wrt = layers.flatMap(({ parameters }) => parameters.map((parameter) => parameter.in(graph)));
  const norms = differentiate(loss, wrt).map((gradient) => ops.sum(ops.square(gradient)));
  for (const [i, norm] of [loss, ...norms].entries()) graph.output(String(i), norm);
  const executable = executor.compile(graph.program(), store);
  const x = Float32Array.from({ length: batch * side * side * 3 }, (_, i) => Math.sin(i));
  const step = () => executable.run({ x });
  await step();
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

async function pytorch(sizes) {
  const script = fileURLToPath(new URL("opponents/convolution.py", import.meta.url));
  const child = new OpponentProcess({
    command: "/usr/bin/python3",
    arguments: [script, JSON.stringify({ ...sizes, threads: allThreads })],
    environment: fastPyTorch(allThreads),
  });
  const { settings: title } = await child.ready();
  return { title, round: async (duration) => (await child.round(duration)).secondsPerStep, stop: () => child.stop() };
}

process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n${busyWarning() ?? ""}\n`);
const contestants = [];
for (const make of [ostinato, pytorch]) {
  try {
    contestants.push({ ...(await make(sizes)), least: Number.POSITIVE_INFINITY });
  } catch (error) {
    process.stdout.write(`${make.name}: not measured: ${error.message}\n`);
  }
}
for (let i = 0; i < rounds; i++) {
  for (const one of contestants) one.least = Math.min(one.least, await one.round(seconds));
}
const peak = measureCeilings(allThreads).fmaGflops;
const gflop = flopsPerStep(sizes) / 1e9;
process.stdout.write(
  `${sizes.batch} photos of ${sizes.side} x ${sizes.side}, ${sizes.filters.join(", ")} filters: ${gflop.toFixed(2)} GFLOP a step; peak ${peak} GFLOP/s\n`,
);
for (const { title, least, stop } of contestants) {
  const rate = gflop / least;
  process.stdout.write(
    `${(1000 * least).toFixed(1).padStart(8)} ms  ${rate.toFixed(1).padStart(7)} GFLOP/s  ${((100 * rate) / peak).toFixed(0).padStart(3)} % of the peak  ${title}\n`,
  );
  stop();
}
