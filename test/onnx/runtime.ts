import { createHash } from "node:crypto";
import { createRequire } from "node:module";
import { expect } from "vitest";
import type { Values } from "../../lib/executor/executor.js";
import { Graph } from "../../lib/graph/graph.js";
import { elementsOf } from "../../lib/graph/program.js";
import type { SavedModel } from "../../lib/models/savedModel.js";
import type { ExportedGraph } from "../../lib/onnx/index.js";
import { onnxGraph } from "../../lib/onnx/onnxGraph.js";
import { encodeOnnx } from "../../lib/onnx/onnxModel.js";
import { temporaryFolder } from "../data/temporaryFolder.js";

interface OrtTensor {
  readonly data: Float32Array | Int32Array;
  readonly dims: readonly number[];
}
interface Session {
  readonly inputNames: readonly string[];
  run(feeds: Record<string, OrtTensor>): Promise<Record<string, OrtTensor>>;
}
interface Runtime {
  readonly InferenceSession: { create(file: string): Promise<Session> };
  readonly Tensor: new (type: string, data: Values, dims: readonly number[]) => OrtTensor;
}

/** onnxruntime-node as the benchmarks install it (npm ci in bench); null where it is not. */
export const runtime: Runtime | null = (() => {
  try {
    return createRequire(new URL("../../bench/package.json", import.meta.url))("onnxruntime-node") as Runtime;
  } catch {
    console.warn("onnxruntime-node is not there (npm ci in bench): what it would compute is not tested.");
    return null;
  }
})();

/** A session over a file. */
export async function sessionOf(file: string): Promise<(feeds: Feeds) => Promise<Record<string, Values>>> {
  const { InferenceSession, Tensor } = runtime as Runtime;
  const session = await InferenceSession.create(file);
  return async (feeds) => {
    const tensors = session.inputNames.map((name) => {
      const { values, shape } = feeds[name] as Feed;
      return [name, new Tensor(values instanceof Int32Array ? "int32" : "float32", values, shape)] as const;
    });
    const outputs = await session.run(Object.fromEntries(tensors));
    return Object.fromEntries(Object.entries(outputs).map(([name, { data }]) => [name, data]));
  };
}

interface Feed {
  readonly values: Values;
  readonly shape: readonly number[];
}
export type Feeds = Readonly<Record<string, Feed>>;

/** Whole numbers of a feed: below a limit, or made of the sizes. */
export type Numbers = Readonly<Record<string, number | ((sizes: Record<string, number>, i: number) => number)>>;

/** The numbers of a small generator: the same in each run. */
export function randomNumbers(seed: number): () => number {
  let state = seed;
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0;
    return state / 2 ** 32;
  };
}

/** A short digest of a graph's file, in which every weight is as many times 1/8 as its place. */
async function digestOf(model: SavedModel, graph: ExportedGraph): Promise<string> {
  const own = new Map(model.parameters.map(({ name, shape }) => [name, elementsOf(shape)]));
  const read = async (name: string) =>
    own.has(name) ? Float32Array.from({ length: own.get(name) as number }, (_, i) => i / 8) : null;
  const hash = createHash("sha256");
  for (const part of encodeOnnx(await onnxGraph(graph, read), {}).parts) hash.update(part);
  return `${graph.name} ${hash.digest("hex").slice(0, 16)}`;
}

/**
 * Expects the graphs of a model to be those of the snapshot, which onnxruntime has verified, so that a change is noticed without it as well.
 * Record them again (vitest -u) only where it is there.
 */
export async function expectKnownGraphs(model: SavedModel): Promise<void> {
  const digests = await Promise.all(model.exportedGraphs().map((graph) => digestOf(model, graph)));
  expect(digests).toMatchSnapshot();
}

/**
 * Exports a model and compares each of its graphs with what our own executor makes of the same program, for several sizes.
 * @returns the names of the graphs, and how many numbers were compared; null where onnxruntime is not there.
 */
export async function expectSameOutputs(
  model: SavedModel,
  { sizes, numbers = {} }: { sizes: readonly Record<string, number>[]; numbers?: Numbers },
): Promise<{ graphs: string[]; compared: number | null }> {
  await expectKnownGraphs(model);
  const files = await model.exportOnnx(await temporaryFolder());
  const names = files.map(({ file }) => file.split(/[\\/]/).at(-1) as string);
  if (!runtime) return { graphs: names, compared: null };
  const random = randomNumbers(7);
  let compared = 0;
  for (const [g, exported] of model.exportedGraphs().entries()) {
    const run = await sessionOf(files[g]?.file as string);
    for (const own of sizes) {
      const graph = new Graph();
      exported.record(graph, own);
      const program = graph.program();
      const feeds = Object.fromEntries(
        program.feeds.map(({ name, value }) => {
          const { dtype, shape } = program.values[value] as (typeof program.values)[number];
          const limit = numbers[name] ?? 1;
          const whole = (i: number) => (typeof limit === "number" ? Math.floor(random() * limit) : limit(own, i));
          const values =
            exported.constants?.[name] ??
            (dtype === "i32"
              ? Int32Array.from({ length: elementsOf(shape) }, (_, i) => whole(i))
              : Float32Array.from({ length: elementsOf(shape) }, () => 2 * random() - 1));
          return [name, { values, shape }];
        }),
      );
      const given = Object.fromEntries(Object.entries(feeds).map(([name, { values }]) => [name, copyOf(values)]));
      const { outputs } = await model.executor.compile(program, model.store).run(given);
      const theirs = await run(feeds);
      expect(Object.keys(theirs).sort()).toEqual(Object.keys(outputs).sort());
      for (const [name, values] of Object.entries(outputs)) {
        expectClose(`${exported.name} ${JSON.stringify(own)} ${name}`, theirs[name], values);
        compared += values.length;
      }
    }
  }
  return { graphs: names, compared };
}

/** A copy, as the executor may use up what it is given. */
function copyOf(values: Values): Values {
  return values instanceof Int32Array ? Int32Array.from(values) : Float32Array.from(values);
}

export function expectClose(name: string, theirs: Values | undefined, ours: Values): void {
  expect(theirs, name).toHaveLength(ours.length);
  let worst = 0;
  for (let i = 0; i < ours.length; i++) {
    const own = ours[i] as number;
    const error = Math.abs((theirs?.[i] as number) - own) / Math.max(1, Math.abs(own));
    if (!(error <= worst)) worst = Number.isNaN(error) ? Number.POSITIVE_INFINITY : error;
  }
  expect(worst, name).toBeLessThan(1e-5);
}
