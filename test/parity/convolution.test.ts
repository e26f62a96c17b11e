import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { Convolution } from "../../lib/nn/convolution.js";
import { subjects } from "./executors.js";
import figures from "./figures/convolution.json" with { type: "json" };

describe.each(subjects)("on $name, convolution and pooling are PyTorch's:", ({ executor: make, tolerance }) => {
  test.each(figures)("size $size, stride $stride, padding $padding", async (figure) => {
    const executor = make();
    const { size, stride, padding, shape } = figure;
    const layer = new Convolution("convolution", {
      inputSize: shape[3] as number,
      outputSize: 6,
      size,
      stride,
      padding,
    });
    const store = executor.createStore();
    for (const { name, shape } of layer.parameters) {
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, Float32Array.from(name.endsWith("bias") ? figure.bias : figure.weight));
    }
    const graph = new Graph();
    const x = graph.feed("x", "f32", shape);
    const y = layer.apply(x);
    const [pooled, means] = [ops.maxPool(y, { size: 2 }), ops.meanPool(y, { size: 2 })];
    const cube = (tensor: typeof y) => ops.sum(ops.multiply(tensor, ops.square(tensor)));
    const loss = ops.add(ops.sum(ops.square(y)), ops.add(cube(pooled), cube(means)));
    const wrt = [x, layer.weight.in(graph), layer.bias.in(graph)];
    const gradients = differentiate(loss, wrt);
    const results = { y, pooled, means, dx: gradients[0], dweight: gradients[1], dbias: gradients[2] };
    for (const [name, tensor] of Object.entries(results)) graph.output(name, tensor as typeof y);
    const { outputs } = await executor.compile(graph.program(), store).run({ x: Float32Array.from(figure.x) });
    for (const name of Object.keys(results) as (keyof typeof results)[]) {
      const [got, expected] = [outputs[name] as Float32Array, figure[name]];
      expect(got).toHaveLength(expected.length);
      const largest = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] as number))), 0);
      // Weights are float32 in every executor.
      expect(worst / largest, name).toBeLessThan(Math.max(tolerance, 1e-6));
    }
  });
});
