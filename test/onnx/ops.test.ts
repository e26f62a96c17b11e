import { createHash } from "node:crypto";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Values } from "../../lib/executor/executor.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";
import type { ExportedGraph, Sizes } from "../../lib/onnx/index.js";
import { writeOnnx } from "../../lib/onnx/index.js";
import { onnxGraph } from "../../lib/onnx/onnxGraph.js";
import { encodeOnnx } from "../../lib/onnx/onnxModel.js";
import { translations } from "../../lib/onnx/ops/index.js";
import { temporaryFolder } from "../data/temporaryFolder.js";
import type { Recorded } from "../graph/case.js";
import { Inputs } from "../graph/case.js";
import { cases } from "../graph/cases.js";
import { scans } from "../graph/scans.js";
import { expectClose, runtime, sessionOf } from "./runtime.js";

const oracle = new ReferenceExecutor({ precision: "float64" });
const read = async () => null;

type Numbers = Float64Array | Int32Array | number;

/**
 * Expects the same outputs of the reference executor, in double precision, and of onnxruntime where that is there.
 * @returns the bytes of the file.
 */
async function expectSame(
  exported: ExportedGraph,
  feedsFor: (sizes: Sizes) => Readonly<Record<string, Numbers>>,
  sizes: readonly Sizes[] = [{}],
): Promise<Buffer> {
  const bytes = Buffer.concat(encodeOnnx(await onnxGraph(exported, read), {}).parts);
  if (!runtime) return bytes;
  const file = join(await temporaryFolder(), "op.onnx");
  await writeOnnx(file, exported, { read, metadata: {} });
  const run = await sessionOf(file);
  for (const own of sizes) {
    const feeds = feedsFor(own);
    const graph = new Graph();
    exported.record(graph, own);
    const program = graph.program();
    const given = program.feeds.map(({ name, value }) => {
      const shape = (program.values[value] as (typeof program.values)[number]).shape;
      return [name, { values: narrow(feeds[name] as Numbers), shape }] as const;
    });
    const copies = Object.entries(feeds).map(([name, value]) => [
      name,
      typeof value === "number" ? value : value.slice(),
    ]);
    const { outputs } = await oracle.compile(program, oracle.createStore()).run(Object.fromEntries(copies));
    const theirs = await run(Object.fromEntries(given));
    expect(Object.keys(theirs).sort()).toEqual(Object.keys(outputs).sort());
    for (const [name, values] of Object.entries(outputs)) {
      expectClose(`${exported.name} ${JSON.stringify(own)} ${name}`, theirs[name], values as Values);
    }
  }
  return bytes;
}

function narrow(value: Numbers): Float32Array | Int32Array {
  if (typeof value === "number") return Float32Array.of(value);
  return value instanceof Int32Array ? value : Float32Array.from(value);
}

/** A case of an op as a graph of fixed sizes, in which weights are part of the file. */
function exportedCase({ name, record }: Recorded): {
  exported: ExportedGraph;
  feeds: Record<string, Numbers>;
  ops: string[];
} {
  const into = (graph: Graph): Inputs => {
    const inputs = Object.assign(new Inputs(), { graph });
    for (const [i, result] of record(inputs).entries()) graph.output(`result ${i}`, result);
    return inputs;
  };
  const graph = new Graph({ rewrites: [] });
  const { feeds } = into(graph);
  const weights = Object.entries(feeds).filter(([feed]) => /^(weight|bias)/.test(feed));
  const constants = Object.fromEntries(weights.map(([feed, values]) => [feed, narrow(values)]));
  const exported = { name, sizes: [], constants, record: (other: Graph) => void into(other) };
  return { exported, feeds, ops: graph.program().ops.map((op) => op.name) };
}

/** A digest for the snapshot, whose files onnxruntime has verified: record it again (vitest -u) only where that is there. */
function digestOf(files: readonly Buffer[]): string {
  const hash = createHash("sha256");
  for (const file of files) hash.update(file);
  return hash.digest("hex").slice(0, 16);
}

/** Cases that no file of ONNX is made of, or whose answer may be another. */
const others: Readonly<Record<string, RegExp>> = {
  // A cell reads vectors there; the shared memory and the lengths are refused, see below.
  ...{ rnn: /\bids\b/, lstm: /\bids\b/, gru: /\bids\b/, attention: /3 rows a memory/, recentIds: /different length/ },
  // A token that comes twice is spelled twice.
  spell: /come again/,
};

describe("onnxruntime computes what the reference does:", () => {
  const counted = (feeds: Record<string, Numbers>) =>
    Object.values(feeds).reduce<number>((sum, value) => sum + (typeof value === "number" ? 1 : value.length), 0);
  const all = Object.entries({ ...cases, scan: scans }).map(([op, list]) => {
    const own = list.filter(({ name }) => !others[op]?.test(name)).map(exportedCase);
    return [op, own.filter(({ feeds }) => counted(feeds) < 1000)] as const;
  });
  const known = all.filter(([, list]) => list.every((one) => one.ops.every((op) => op in translations)));

  test.each(known)("%s", async (_, list) => {
    const files: Buffer[] = [];
    for (const { exported, feeds } of list) {
      // After no step at all a cell has zeros there, and here its first state: zeros in every model that has lengths.
      if (feeds.lengths) for (const name of ["h0", "c0"]) (feeds[name] as Float64Array | undefined)?.fill(0);
      files.push(await expectSame(exported, () => feeds));
    }
    expect(digestOf(files)).toMatchSnapshot();
  });

  test("every op that has a counterpart", () => {
    const computed = new Set(known.flatMap(([, list]) => list.flatMap((one) => one.ops)));
    // A score of no path is infinite: the tags and scores of taggers are compared in models.test.ts.
    expect(Object.keys(translations).filter((op) => !computed.has(op))).toEqual(["crfPaths"]);
  });
});

const numbersOf = (count: number) => Float64Array.from({ length: count }, (_, i) => Math.fround(Math.sin(i + 1)));
const exportedOf = (name: string, sizes: readonly string[], record: ExportedGraph["record"]): ExportedGraph => ({
  ...{ name, sizes, record },
});

describe("sizes that callers choose", () => {
  const sizes = [
    { B: 1, T: 3 },
    { B: 4, T: 6 },
  ];
  const exported = exportedOf("sizes", ["B", "T"], (graph, { B = 1, T = 1 }) => {
    const x = graph.feed("x", "f32", [T, B, 2]);
    const row = graph.feed("row", "f32", [2]);
    graph.output("product", ops.broadcastTo(row, [T * B, 2]));
    graph.output("tripled", ops.broadcastTo(row, [3 * T * B, T, 2]));
    graph.output("later", ops.slice(x, { axis: 0, start: 1, end: T }));
    graph.output("longer", ops.pad(x, { axis: 0, before: 2, after: T }));
    graph.output("sum", ops.sumTo(x, [B, 2]));
  });

  test("stand in the shapes of what a graph gives, with what is added and multiplied", async () => {
    const file = join(await temporaryFolder(), "sizes.onnx");
    const { inputs, outputs } = await writeOnnx(file, exported, { read, metadata: {} });
    expect(inputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["x", ["T", "B", 2]],
      ["row", [2]],
    ]);
    expect(outputs.map(({ name, shape }) => [name, shape])).toEqual([
      ["product", ["B*T", 2]],
      ["tripled", ["3*B*T", "T", 2]],
      ["later", ["T-1", "B", 2]],
      ["longer", ["2*T+2", "B", 2]],
      ["sum", ["B", 2]],
    ]);
  });

  test("are computed when it runs", async () => {
    const feeds = ({ T = 1, B = 1 }) => ({ x: numbersOf(2 * T * B), row: numbersOf(2) });
    expect(digestOf([await expectSame(exported, feeds, sizes)])).toMatchSnapshot();
  });

  test("may be the steps of a loop that reads nothing but its state", async () => {
    const powers = exportedOf("powers", ["B", "T"], (graph, { B = 1, T = 1 }) => {
      graph.output("read", ops.tanh(graph.feed("x", "f32", [T])));
      const h = graph.feed("h", "f32", [B]);
      const operands = { inputs: {}, state: { h }, steps: T };
      const { states, last, outputs } = ops.scan(operands, (_, { h }) => ({
        state: { h: ops.affine(h, { scale: 1.5 }) },
        outputs: { square: ops.square(h) },
      }));
      graph.output("states", states.h);
      graph.output("last", last.h);
      graph.output("squares", outputs.square);
    });
    expect(
      digestOf([await expectSame(powers, ({ B = 1, T = 1 }) => ({ h: numbersOf(B), x: numbersOf(T) }), sizes)]),
    ).toMatchSnapshot();
  });
});

test("a cell with one of its biases has zeros for the other, in the place that is its own", async () => {
  for (const name of ["bias_ih", "bias_hh"]) {
    const feeds = {
      ...{
        x: numbersOf(12),
        h0: numbersOf(6),
        weight_ih: numbersOf(18),
        weight_hh: numbersOf(27),
        [name]: numbersOf(9),
      },
    };
    const exported = exportedOf(name, [], (graph) => {
      const f32 = (own: string, shape: number[]) => graph.feed(own, "f32", shape);
      const { y } = ops.gru({
        ...{ x: f32("x", [3, 2, 2]), h0: f32("h0", [2, 3]), [name]: f32(name, [9]) },
        ...{ weight_ih: f32("weight_ih", [9, 2]), weight_hh: f32("weight_hh", [9, 3]) },
      });
      graph.output("y", y);
    });
    const weights = Object.entries(feeds).filter(([own]) => !["x", "h0"].includes(own));
    const constants = Object.fromEntries(weights.map(([own, values]) => [own, Float32Array.from(values)]));
    expect(digestOf([await expectSame({ ...exported, constants }, () => feeds)])).toMatchSnapshot();
  }
});

describe("ONNX is refused", () => {
  const f32 = (graph: Graph, name: string, shape: readonly number[]) => graph.feed(name, "f32", shape);
  const refused: readonly (readonly [string, ExportedGraph["record"], string])[] = [
    [
      "an op without a counterpart, with its layer",
      (graph) => graph.within("top", () => graph.output("y", ops.logGamma(f32(graph, "x", [2])))),
      "ONNX: the op logGamma of top has no counterpart in ONNX, and this model needs it.",
    ],
    [
      "a factor that is a size",
      (graph, { T = 1 }) => graph.output("y", ops.affine(f32(graph, "x", [T]), { scale: T })),
      "ONNX: scale of affine depends on the sizes of what it reads.",
    ],
    [
      "a factor that is one of a size",
      (graph, { T = 1 }) => graph.output("y", ops.affine(f32(graph, "x", [T]), { scale: 1 / T })),
      "ONNX: an attribute of affine depends on sizes in a way that is not known.",
    ],
    [
      "a shape that is no product of sizes",
      (graph, { T = 1 }) => graph.output("y", ops.broadcastTo(f32(graph, "x", [1]), [T ** 2])),
      "depends on sizes in a way that is not known.",
    ],
    [
      "a number of steps that is no product of sizes",
      (graph, { T = 1 }) => {
        const operands = { inputs: {}, state: { h: f32(graph, "h", [2]) }, steps: T ** 2 };
        graph.output("y", ops.scan(operands, (_, { h }) => ({ state: { h: ops.tanh(h) } })).last.h);
      },
      "ONNX: the number of steps depends on sizes in a way that is not known.",
    ],
    [
      "a graph of other ops for other sizes",
      (graph, { T = 1 }) => {
        const x = f32(graph, "x", [T]);
        graph.output("y", T % 4 === 1 ? ops.tanh(x) : ops.sigmoid(x));
      },
      'ONNX: the ops of "refused" depend on the sizes of what it reads.',
    ],
    [
      "a variable that nobody gives values",
      (graph) => graph.output("y", ops.tanh(graph.variable({ name: "own", dtype: "f32", shape: [2] }))),
      "ONNX: the variable own is none that a model's file has.",
    ],
    [
      "a cell whose weights are computed",
      (graph) => {
        const [weight_ih, weight_hh] = [f32(graph, "w", [3, 2]), f32(graph, "r", [3, 3])];
        graph.output(
          "y",
          ops.rnn({ x: f32(graph, "x", [2, 1, 2]), h0: f32(graph, "h", [1, 3]), weight_ih, weight_hh }).y,
        );
      },
      "ONNX: the weights of RNN are constants of its file, and w is computed.",
    ],
    [
      "attention of several rows to one memory",
      (graph) => {
        const memory = f32(graph, "memory", [4, 1, 2]);
        graph.output("y", ops.attention({ query: f32(graph, "q", [1, 3, 2]), keys: memory, values: memory }).context);
      },
      "ONNX: a step whose rows share a memory is written with a memory for each row.",
    ],
    [
      "more than the likeliest sequence of tags",
      (graph) => {
        const [emissions, transitions] = [f32(graph, "e", [3, 1, 2]), f32(graph, "t", [4, 2])];
        const lengths = graph.feed("lengths", "i32", [1]);
        graph.output("y", ops.crfPaths({ emissions, transitions, lengths, K: 2 }).scores);
      },
      "ONNX: of the sequences of tags only the likeliest can be exported.",
    ],
    [
      "contexts in rows of different length",
      (graph) => {
        const [ids, lengths] = [graph.feed("ids", "i32", [3, 1]), graph.feed("lengths", "i32", [1])];
        graph.output("y", ops.recentIds({ ids, n: 2, lengths }).recent);
      },
      "ONNX: recentIds with lengths has no counterpart in ONNX.",
    ],
  ];
  test.each(refused)("%s", async (_, record, message) => {
    await expect(onnxGraph(exportedOf("refused", ["T"], record), read)).rejects.toThrow(message);
  });
});
