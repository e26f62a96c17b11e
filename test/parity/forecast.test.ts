import { describe, test } from "vitest";
import { differentiate } from "../../lib/graph/differentiate.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import type { CompleteForecasterConfig } from "../../lib/models/forecaster/config.js";
import { lossOf } from "../../lib/models/forecaster/distribution.js";
import { expectClose, subjects, valuesFor } from "./executors.js";
import { readFigures } from "./figure.js";

/** Losses of values, and their gradients in the numbers of a network: test/parity/forecast_figures.py. */
interface Figure {
  output: string;
  levels: number[];
  parts: number[][];
  y: number[];
  scale: number[];
  losses: number[];
  gradients: number[][];
}

const figures = readFigures<Figure[]>("forecast");

describe.each(subjects)(
  "on $name, the loss of a forecast is torch.distributions':",
  ({ executor: make, tolerance }) => {
    test.each(figures)("$output", async ({ output, levels, parts, y, scale, losses, gradients }) => {
      const executor = make();
      const config = { output, quantiles: levels } as unknown as CompleteForecasterConfig;
      const graph = new Graph();
      const n = y.length;
      const numbers = parts.map((_, k) => graph.feed(`part ${k}`, "f32", [n]));
      const each = lossOf(config, {
        parts: numbers,
        y: graph.feed("y", "f32", [n]),
        scale: output === "negative-binomial" ? graph.feed("scale", "f32", [n]) : null,
      });
      graph.output("losses", each);
      for (const [k, gradient] of differentiate(ops.sum(each), numbers).entries())
        graph.output(`gradient ${k}`, gradient);
      const values = (data: readonly number[]) => valuesFor(executor, { shape: [n], data: [...data] });
      const { outputs } = await executor.compile(graph.program(), executor.createStore()).run({
        y: values(y),
        ...Object.fromEntries(parts.map((part, k) => [`part ${k}`, values(part)])),
        ...(output === "negative-binomial" ? { scale: values(scale) } : {}),
      });
      // log-gamma of two numbers that are nearly the same are subtracted from each other: 10 times the rounding of either.
      const allowed = output === "negative-binomial" ? 10 * tolerance : tolerance;
      expectClose("losses", outputs.losses, { shape: [n], data: losses }, allowed);
      for (const [k, data] of gradients.entries()) {
        expectClose(`gradient ${k}`, outputs[`gradient ${k}`], { shape: [n], data }, allowed);
      }
    });
  },
);
