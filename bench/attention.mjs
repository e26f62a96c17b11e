// Causal attention by several heads, forward and backward, beside PyTorch. node bench/attention.mjs [SECONDS [ROUNDS]] [--python PATH]
// softmax(Q Kᵀ / √D) V of 4 sequences, 8 heads of 64 features, at 64 to 1,024 steps.
import { differentiate, Graph, ops } from "../dist/index.js";
import { executorOf } from "./step.mjs";
import { here, printMachine, pytorch, takeTurns, turnsFrom } from "./turns.mjs";

const turns = turnsFrom("attention.mjs", { seconds: 2, rounds: 5 });
const lengths = [64, 128, 256, 512, 1024];
const sizes = { batch: 4, heads: 8, features: 64 };

/** Two products forward and five backward, of which a causal mask leaves half. */
function flopsPerStep(T) {
  return (7 * 2 * sizes.batch * sizes.heads * T * T * sizes.features) / 2;
}

const { executor, settings } = await executorOf("native");

async function ostinato(T) {
  const { batch: B, heads, features } = sizes;
  const F = heads * features;
  const graph = new Graph();
  const query = graph.feed("query", "f32", [T, B, F]);
  const memory = graph.feed("memory", "f32", [T, B, 2 * F]);
  const context = ops.multiHeadAttention({ query, memory, heads, causal: true });
  const loss = ops.sum(ops.multiply(context, graph.feed("upstream", "f32", [T, B, F])));
  const [dquery, dmemory] = differentiate(loss, [query, memory]);
  // The first rows stand for the gradients: all are made, and copying them out is not what is measured.
  graph.output("loss", loss);
  graph.output("dquery", ops.slice(dquery, { axis: 0, start: 0, end: 1 }));
  graph.output("dmemory", ops.slice(dmemory, { axis: 0, start: 0, end: 1 }));
  const executable = executor.compile(graph.program(), executor.createStore());
  const wave = (n, step) => Float32Array.from({ length: n }, (_, i) => Math.sin(step * i));
  const feeds = { query: wave(T * B * F, 1), memory: wave(2 * T * B * F, 2), upstream: wave(T * B * F, 3) };
  const step = () => executable.run(feeds);
  for (let i = 0; i < 3; i++) await step();
  return here(step);
}

const peak = printMachine(settings);
for (const T of lengths) {
  const makers = [() => ostinato(T), () => pytorch(turns.python, "attention.py", { ...sizes, length: T })];
  await takeTurns(makers, { title: `T ${T}`, gflop: flopsPerStep(T) / 1e9, peak, ...turns });
}
