import { expect, test } from "vitest";
import type { Communicator } from "../../lib/executor/communicator.js";
import type { Executor } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { packWeights, unpackWeights } from "../../lib/weights.js";
import { numbers } from "../graph/case.js";

const large = 100_003;

/** A program that adds a scalar and a large tensor over the ranks, with work between the beginning and the end. */
function sumProgram() {
  const graph = new Graph();
  const [a, b] = [graph.feed("a", "f32", []), graph.feed("b", "f32", [large])];
  const sums = ops.allReduce([a, b]);
  const others = ops.allReduce([ops.multiply(b, b)]);
  const halves = ops.allReduce([b], { bfloat16: true });
  graph.output("meanwhile", ops.tanh(b));
  graph.output("halves", ops.awaitSum(halves, { begin: 0, shape: [large] }));
  graph.output("squares", ops.awaitSum(others, { begin: 0, shape: [large] }));
  graph.output("b", ops.awaitSum(sums, { begin: 1, shape: [large] }));
  graph.output("a", ops.awaitSum(sums, { begin: 0, shape: [] }));
  return graph.program();
}

/** Comparing typed arrays element by element takes seconds. */
const bits = (values: ArrayBufferView | undefined) =>
  values && Buffer.from(values.buffer, values.byteOffset, values.byteLength).toString("base64");

const valuesOf = (rank: number) => Float32Array.from(numbers(large, 7 + rank));

/** A number as bfloat16 has it. */
const rounded = (value: number) => unpackWeights(packWeights([value], 1, "bfloat16"))[0] as number;

/** The same sum in the order of the ranks, in float32. */
function expectedSum(size: number, of: (rank: number, i: number) => number): Float32Array {
  const sums = Float32Array.from({ length: large }, (_, i) => of(0, i));
  for (let rank = 1; rank < size; rank++) for (let i = 0; i < large; i++) sums[i] = (sums[i] as number) + of(rank, i);
  return sums;
}

async function withGroup<R>(size: number, use: (group: Communicator[]) => Promise<R>): Promise<R> {
  const group = await threadGroup(size);
  try {
    return await use(group);
  } finally {
    await Promise.all(group.map((communicator) => communicator.close()));
  }
}

for (const size of [1, 2, 3, 4]) {
  test(`allReduce adds over ${size} ranks in their order, to the bit, in both executors`, async () => {
    const values = Array.from({ length: size }, (_, rank) => valuesOf(rank));
    const wanted = expectedSum(size, (rank, i) => values[rank]?.[i] as number);
    const squares = expectedSum(size, (rank, i) => Math.fround((values[rank]?.[i] as number) ** 2));
    const halves = expectedSum(size, (rank, i) => rounded(values[rank]?.[i] as number)).map(rounded);
    for (const executor of [nativeExecutor(), new ReferenceExecutor()]) {
      const runs = await withGroup(size, (group) =>
        Promise.all(
          group.map((communicator, rank) =>
            executor
              .compile(sumProgram(), executor.createStore(), { communicator })
              .run({ a: rank + 1, b: values[rank] as Float32Array }),
          ),
        ),
      );
      for (const { outputs } of runs) {
        expect(outputs.a?.[0]).toBe((size * (size + 1)) / 2);
        expect(bits(outputs.b)).toBe(bits(wanted));
        expect(bits(outputs.squares)).toBe(bits(squares));
        expect(bits(outputs.halves)).toBe(bits(halves));
      }
    }
  });
}

test("a run ends after all sums that it began, also those that a program made by hand does not wait for", async () => {
  const graph = new Graph();
  graph.output("y", ops.awaitSum(ops.allReduce([graph.feed("x", "f32", [large])]), { begin: 0, shape: [large] }));
  const program = graph.program();
  const [reduced] = program.ops[0]?.results ?? [];
  const outputs = [{ name: "sums", value: reduced as number }];
  const bare = { ...program, ops: program.ops.slice(0, 1), outputs };
  await withGroup(2, async (group) => {
    const executor = nativeExecutor();
    const [first, second] = group.map((communicator) =>
      executor.compile(bare, executor.createStore(), { communicator }),
    );
    let ended = false;
    const run = first?.run({ x: new Float32Array(large).fill(1) }).finally(() => {
      ended = true;
    });
    await new Promise((wake) => setTimeout(wake, 50));
    const early = ended;
    await second?.run({ x: new Float32Array(large).fill(2) });
    expect(early).toBe(false);
    expect((await run)?.outputs.sums?.at(-1)).toBe(3);
  });
});

test("of a table the rows that are not 0 are sent, with the bits of the whole table, also rounded to bfloat16", async () => {
  const [V, E] = [400, 9];
  const graph = new Graph();
  const table = graph.feed("table", "f32", [V, E]);
  const sumOf = (options: object) => ops.awaitSum(ops.allReduce([table], options), { begin: 0, shape: [V, E] });
  graph.output("all", sumOf({}));
  graph.output("rows", sumOf({ width: E }));
  graph.output("halves", sumOf({ bfloat16: true }));
  graph.output("rows in halves", sumOf({ bfloat16: true, width: E }));
  const program = graph.program();
  for (const executor of [nativeExecutor(), new ReferenceExecutor()]) {
    for (const size of [2, 4]) {
      const runs = await withGroup(size, (group) =>
        Promise.all(
          group.map((communicator, rank) => {
            const values = Float32Array.from(numbers(V * E, 3 + rank)).map((x, i) => (Math.floor(i / E) % 20 ? 0 : x));
            return executor.compile(program, executor.createStore(), { communicator }).run({ table: values });
          }),
        ),
      );
      for (const { outputs } of runs) {
        expect(outputs.all?.some((x) => x !== 0)).toBe(true);
        expect(bits(outputs.rows)).toBe(bits(outputs.all));
        expect(bits(outputs["rows in halves"])).toBe(bits(outputs.halves));
      }
    }
  }
});

test("messages of any length reach every rank in the order of the ranks", async () => {
  await withGroup(3, async (group) => {
    const texts = ["", "b", "c".repeat(70_000)];
    const all = await Promise.all(group.map(({ gather }, r) => gather.call(group[r], Buffer.from(texts[r] as string))));
    for (const answers of all) expect(answers.map((one) => Buffer.from(one).toString())).toEqual(texts);
  });
});

test("a rank that gives up ends the others' runs with its reason, and later calls too", async () => {
  await withGroup(2, async ([left, right]) => {
    const executor = nativeExecutor();
    const waiting = executor
      .compile(sumProgram(), executor.createStore(), { communicator: left })
      .run({ a: 1, b: valuesOf(0) });
    await right?.abort("rank 1 has no more memory");
    await expect(waiting).rejects.toMatchObject({
      code: "ERR_OSTINATO_COMMUNICATION",
      message: expect.stringContaining("rank 1 has no more memory"),
    });
    await expect(left?.gather(new Uint8Array(1))).rejects.toThrow("rank 1 has no more memory");
  });
});

test("an op that refuses its input between a sum's beginning and end ends the run on all ranks, and no memory is written later", async () => {
  await withGroup(2, async (group) => {
    const executor = nativeExecutor();
    const graph = new Graph();
    const [b, ids] = [graph.feed("b", "f32", [large]), graph.feed("ids", "i32", [1])];
    const sums = ops.allReduce([b]);
    graph.output("row", ops.embedding(graph.feed("table", "f32", [2, 2]), ids));
    graph.output("b", ops.awaitSum(sums, { begin: 0, shape: [large] }));
    const program = graph.program();
    const runs = await Promise.allSettled(
      group.map((communicator, rank) =>
        executor
          .compile(program, executor.createStore(), { communicator })
          .run({ b: valuesOf(rank), ids: Int32Array.of(rank === 0 ? 7 : 1), table: new Float32Array(4) }),
      ),
    );
    expect(runs[0]).toMatchObject({ reason: { code: "ERR_OSTINATO_INPUT" } });
    // The sum may have been made before the other rank gave up.
    if (runs[1]?.status === "rejected") expect(runs[1].reason.code).toBe("ERR_OSTINATO_COMMUNICATION");
  });
});

test("ranks that send what does not fit together are told so", async () => {
  await withGroup(2, async (group) => {
    const executor = nativeExecutor();
    const runs = group.map((communicator, rank) => {
      const graph = new Graph();
      const x = graph.feed("x", "f32", [4 + 2 * rank]);
      graph.output("y", ops.awaitSum(ops.allReduce([x]), { begin: 0, shape: [4 + 2 * rank] }));
      return executor
        .compile(graph.program(), executor.createStore(), { communicator })
        .run({ x: new Float32Array(4 + 2 * rank) });
    });
    for (const run of await Promise.allSettled(runs)) {
      expect(run).toMatchObject({ reason: { code: "ERR_OSTINATO_COMMUNICATION" } });
    }
  });
});

test("a group has 1 to 4 ranks", async () => {
  for (const size of [0, 5, 1.5]) {
    await expect(threadGroup(size)).rejects.toThrow(
      `threadGroup: expected size to be a whole number at least 1 and at most 4, got ${size}.`,
    );
  }
});

test("what is no communicator is refused when a program is compiled, and so is one of another kind by the native executor", () => {
  const program = sumProgram();
  const own = { rank: 0, size: 2, gather: async () => [] } as unknown as Communicator;
  const compile = (executor: Executor, communicator: unknown) => () =>
    executor.compile(program, executor.createStore(), { communicator: communicator as Communicator });
  for (const executor of [nativeExecutor(), new ReferenceExecutor()]) {
    expect(compile(executor, null)).toThrow(
      "compile: expected communicator to be a communicator: of mpi() or threadGroup(), got null.",
    );
  }
  for (const part of [{ rank: "0" }, { size: undefined }, { rank: 0.5 }, { gather: [] }]) {
    expect(compile(new ReferenceExecutor(), { ...own, ...part })).toThrow("expected communicator to be a communicator");
  }
  expect(compile(new ReferenceExecutor(), own)).not.toThrow();
  expect(compile(nativeExecutor(), own)).toThrow(
    "compile: the native executor needs a communicator of the addon: mpi(), threadGroup().",
  );
});
