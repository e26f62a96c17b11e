import { describe, expect, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { subjects } from "./executors.js";
import figures from "./figures/crf.json" with { type: "json" };

describe.each(subjects)("on $name, a conditional random field is PyTorch's:", ({ executor: make, tolerance }) => {
  test.each(figures)("$T steps, $C tags, the $K best of each sequence", async (figure) => {
    const { T, B, C, K } = figure;
    const executor = make();
    const graph = new Graph();
    const emissions = graph.feed("emissions", "f32", [T, B, C]);
    const transitions = graph.feed("transitions", "f32", [C + 2, C]);
    const lengths = graph.feed("lengths", "i32", [B]);
    const field = { emissions, transitions, lengths };
    const losses = ops.crf({ ...field, tags: graph.feed("tags", "i32", [T, B]) });
    const weighted = ops.sum(ops.multiply(losses, graph.feed("weights", "f32", [B])));
    const [demissions, dtransitions] = differentiate(weighted, [emissions, transitions]);
    const { tags, scores } = ops.crfPaths({ ...field, K });
    const results = { losses, ...ops.crfMarginals(field), demissions, dtransitions };
    for (const [name, tensor] of Object.entries({ ...results, tags, scores })) {
      graph.output(name, tensor as typeof losses);
    }
    const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({
      ...Object.fromEntries(
        (["emissions", "transitions", "weights"] as const).map((name) => [name, Float32Array.from(figure[name])]),
      ),
      ...Object.fromEntries((["tags", "lengths"] as const).map((name) => [name, Int32Array.from(figure[name])])),
    });
    for (const name of Object.keys(results) as (keyof typeof results)[]) {
      const [got, expected] = [outputs[name] as Float32Array, figure[name]];
      expect(got).toHaveLength(expected.length);
      const largest = Math.max(...expected.map(Math.abs));
      const worst = expected.reduce((most, value, i) => Math.max(most, Math.abs(value - (got[i] as number))), 0);
      expect(worst / largest, name).toBeLessThan(tolerance);
    }
    const [found, values] = [outputs.tags as Int32Array, outputs.scores as Float32Array];
    for (const [b, paths] of figure.paths.entries()) {
      for (const [k, path] of paths.entries()) {
        expect(Array.from(path, (_, t) => found[(k * T + t) * B + b])).toEqual(path);
        const score = figure.scores[b]?.[k] as number;
        expect(Math.abs((values[k * B + b] as number) - score)).toBeLessThan(tolerance * Math.max(1, Math.abs(score)));
      }
      for (let k = paths.length; k < K; k++) expect(values[k * B + b]).toBeLessThan(-1e20);
    }
  });
});
