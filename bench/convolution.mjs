// Convolutions and pooling over photos, forward and backward, beside PyTorch. node bench/convolution.mjs [SECONDS [ROUNDS]] [--python PATH]
// The layers that a captioner of photos of 64 x 64 begins with: 3 x 3 filters, ReLU, and the largest of 2 x 2, three times.
import { Convolution, differentiate, Graph, initialize, ops } from "../dist/index.js";
import { executorOf } from "./step.mjs";
import { here, printMachine, pytorch, takeTurns, turnsFrom } from "./turns.mjs";

const turns = turnsFrom("convolution.mjs", { seconds: 5, rounds: 5 });
const sizes = { batch: 32, side: 64, filters: [32, 64, 64] };

/** Multiply-adds of a step count twice; the first layer's input needs no gradient. */
function flopsPerStep({ batch, side, filters }) {
  const layers = filters.map((O, i) => 2 * batch * (side >> i) ** 2 * 9 * (filters[i - 1] ?? 3) * O);
  return layers.reduce((sum, flops, i) => sum + flops * (i === 0 ? 2 : 3), 0);
}

const { executor, settings } = await executorOf("native");

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
  return here(step);
}

const peak = printMachine(settings);
const title = `${sizes.batch} photos of ${sizes.side} x ${sizes.side}, ${sizes.filters.join(", ")} filters`;
const makers = [() => ostinato(sizes), () => pytorch(turns.python, "convolution.py", sizes)];
await takeTurns(makers, { title, gflop: flopsPerStep(sizes) / 1e9, peak, ...turns });
