import { expect } from "vitest";
import type { Executor, Values } from "../../lib/executor/executor.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { differentiate } from "../../lib/graph/differentiate.js";
import type { Graph } from "../../lib/graph/graph.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { Tensor } from "../../lib/graph/tensor.js";
import type { Parameter } from "../../lib/nn/parameter.js";
import { randomSource } from "../../lib/random/source.js";
import { numbers } from "../graph/case.js";

interface Network {
  readonly parameters: readonly Parameter[];
}

/** A store with the parameters of a network, their first values or others. */
export async function storeOf(
  executor: Executor,
  network: Network,
  values?: (index: number, size: number) => Float64Array,
) {
  const store = executor.createStore();
  for (const [i, { name, shape, initializer }] of network.parameters.entries()) {
    store.declare({ name, dtype: "f32", shape });
    await store.write(name, values ? values(i, elementsOf(shape)) : initializer(shape, randomSource(1, name)));
  }
  return store;
}

/** The gradient of a recorded loss, for every parameter, at one element each: as finite differences say. */
export async function expectSlopes(graph: Graph, loss: Tensor, network: Network, feeds: Record<string, Values>) {
  graph.output("loss", loss);
  const variables = network.parameters.map((parameter) => parameter.in(graph));
  for (const [i, d] of differentiate(loss, variables).entries()) graph.output(`${i}`, d);
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const executable = executor.compile(graph.program(), store);
  const { outputs } = await executable.run(feeds);
  for (const [i, { name: parameter, shape }] of network.parameters.entries()) {
    const gradient = outputs[i] as Float64Array;
    expect(
      gradient.some((d) => d !== 0),
      parameter,
    ).toBe(true);
    const at = (i * 7) % elementsOf(shape);
    const values = (await store.read(parameter)) as Float64Array;
    const lossAt = async (shift: number) => {
      await store.write(
        parameter,
        values.map((value, k) => (k === at ? value + shift : value)),
      );
      return (await executable.run(feeds)).outputs.loss?.[0] as number;
    };
    const slope = ((await lossAt(1e-5)) - (await lossAt(-1e-5))) / 2e-5;
    await store.write(parameter, values);
    expect(gradient[at], `${parameter}[${at}]`).toBeCloseTo(slope, 7);
  }
}
