import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import { ForecasterNetwork } from "../../../lib/models/forecaster/network.js";
import { numbers } from "../../graph/case.js";
import { storeOf } from "../slopes.js";

// Segments of w steps: S of them are looked back on, and M make the horizon of three steps.
const [B, S, M, H, E, w] = [2, 2, 2, 3, 2, 2];
const shared = {
  ...{ horizon: 3, season: 1, lookback: S * w, segment: w, hiddenSize: H, seriesEmbedding: E, cell: "rnn" },
  futureCovariates: ["heat"],
  series: ["a", "b", "c"].map((name) => ({ name, center: 0, deviation: 1, scale: 1, season: 1 })),
} as const;
/** Values, whether they are missing, and the covariate of each step of a segment. */
const I = 3 * w;

/** A network with numbers for parameters, and its layers by their equations. */
async function numbered(network: ForecasterNetwork) {
  const executor = new ReferenceExecutor({ precision: "float64" });
  const store = await storeOf(executor, network, (i, size) => numbers(size, i + 1));
  const all = new Map<string, number[]>();
  for (const { name } of network.parameters) all.set(name, Array.from(await store.read(name)));
  const own = (name: string) => all.get(name) as number[];
  const add = (...rows: number[][]) =>
    (rows[0] as number[]).map((_, i) => rows.reduce((sum, row) => sum + (row[i] as number), 0));
  const product = (weight: string, x: number[]) =>
    Array.from({ length: own(weight).length / x.length }, (_, i) =>
      x.reduce((sum, value, k) => sum + value * (own(weight)[i * x.length + k] as number), 0),
    );
  const linear = (name: string, x: number[]) => add(product(`${name}.weight`, x), own(`${name}.bias`));
  /** The cell: tanh(W x + b + U h + c). */
  const step = (x: number[], h: number[]) =>
    add(
      ...[product("rnn.weight_ih_l0", x), own("rnn.bias_ih_l0")],
      ...[product("rnn.weight_hh_l0", h), own("rnn.bias_hh_l0")],
    ).map(Math.tanh);
  const vector = (id: number) => product("series.map.weight", own("series.weight").slice(E * id, E * id + E));
  const run = async (graph: Graph, feeds: Record<string, Float64Array | Int32Array>) =>
    (await executor.compile(graph.program(), store).run(feeds)).outputs as Record<string, Float64Array>;
  return { own, add, product, linear, step, vector, run };
}

const relu = (row: number[]) => row.map((x) => Math.max(x, 0));
const series = Int32Array.of(2, 0);
const [inputs, known, window] = [numbers((S + M - 1) * B * I, 51), numbers(M * B * w, 52), numbers(B * S * w, 53)];
const rowOf = (all: Float64Array, row: number, width: number) => [...all.subarray(row * width, (row + 1) * width)];

test("segments: each step of the horizon is asked for from the last state, and a line moves the location alone", async () => {
  for (const output of ["student-t", "quantile"] as const) {
    const network = new ForecasterNetwork({ ...shared, output, quantiles: [0.2, 0.5, 0.7], linear: true });
    const { own, add, product, linear, step, vector, run } = await numbered(network);
    const graph = new Graph();
    for (const [k, part] of network.forecast(graph, B).entries()) graph.output(`part${k}`, part);
    const parts = await run(graph, { inputs: inputs.slice(0, S * B * I), known, window, series });
    expect(Object.keys(parts)).toHaveLength(3);
    for (let b = 0; b < B; b++) {
      let h = new Array<number>(H).fill(0);
      for (let s = 0; s < S; s++) h = step(relu(linear("input", rowOf(inputs, s * B + b, I))), h);
      const line = linear("linear", rowOf(window, b, S * w));
      for (let m = 0; m < M; m++) {
        const position = own("positions").slice(m * H, (m + 1) * H);
        const asked = add(position, product("known.weight", rowOf(known, m * B + b, w)), vector(series[b] as number));
        const numbersOfStep = linear("output", step(asked, h));
        for (let k = 0; k < 3; k++) {
          for (let i = 0; i < w; i++) {
            const moved = output === "quantile" || k === 0 ? (line[m * w + i] as number) : 0;
            const expected = (numbersOfStep[k * w + i] as number) + moved;
            expect(parts[`part${k}`]?.[(m * B + b) * w + i], `${output} ${b} ${m} ${k} ${i}`).toBeCloseTo(expected, 12);
          }
        }
      }
    }
  }
});

test("in turn: what is written after each segment is read from its state, with the vector of the series at every step", async () => {
  const network = new ForecasterNetwork({
    ...shared,
    decoder: "autoregressive",
    output: "point",
    pointLoss: "squared",
  });
  const { linear, step, vector, add, run } = await numbered(network);
  const graph = new Graph();
  const { losses, count } = network.losses(graph, B);
  graph.output("losses", losses);
  graph.output("count", count);
  const weights = Float64Array.of(1, 1, 0, 1, 1, 0, 1, 0);
  const found = await run(graph, { inputs, series, targets: new Float64Array(M * B * w), weights });
  expect(found.count?.[0]).toBe(5);
  const read = new Graph();
  const { parts, state } = network.read(read, B);
  read.output("part", parts[0] as NonNullable<(typeof parts)[0]>);
  for (const [name, tensor] of Object.entries(state)) read.output(name, tensor);
  const before = await run(read, { inputs: inputs.slice(0, S * B * I), series });
  const next = new Graph();
  const after = network.step(next, B);
  next.output("part", after.parts[0] as NonNullable<(typeof parts)[0]>);
  const { part, ...carried } = before;
  const further = await run(next, { inputs: inputs.slice(S * B * I), series, ...carried });
  for (let b = 0; b < B; b++) {
    let h = new Array<number>(H).fill(0);
    for (let t = 0; t < S + M - 1; t++) {
      h = step(relu(add(linear("input", rowOf(inputs, t * B + b, I)), vector(series[b] as number))), h);
      const m = t - S + 1;
      if (m < 0) continue;
      for (const [i, value] of linear("output", h).entries()) {
        const at = (m * B + b) * w + i;
        expect(found.losses?.[at], `${b} ${t} ${i}`).toBeCloseTo(value ** 2 * (weights[at] as number), 12);
        expect([part, further.part][m]?.[b * w + i], `step ${b} ${t} ${i}`).toBeCloseTo(value, 12);
      }
    }
  }
});
