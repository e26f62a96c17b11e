import { expect, test } from "vitest";
import type { Executor, OpTime } from "../../lib/executor/executor.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import type { ProfileRow } from "../../lib/executor/profile.js";
import { Profile } from "../../lib/executor/profile.js";
import { ReferenceExecutor } from "../../lib/executor/reference/executor.js";
import { Graph, ops } from "../../lib/graph/index.js";

const [T, N, I, O] = [5, 3, 4, 6];

/** y = tanh(x Wᵀ) in a layer, and a loop that adds the rows of x up; h is fed again in a replay. */
function example() {
  const graph = new Graph();
  const x = graph.feed("x", "f32", [T, N, I]);
  const weight = graph.variable({ name: "w", dtype: "f32", shape: [O, I] });
  graph.output(
    "y",
    graph.within("encoder", () => ops.tanh(ops.linear(x, weight))),
  );
  const h = graph.feed("h", "f32", [N, I]);
  const step = (inputs: { x: typeof x }, state: { h: typeof x }) => ({ state: { h: ops.add(inputs.x, state.h) } });
  graph.output(
    "sum",
    graph.within("loop", () => ops.scan({ inputs: { x }, state: { h } }, step).last.h),
  );
  return graph.program();
}

const feeds = { x: new Float32Array(T * N * I).fill(1), h: new Float32Array(N * I) };

for (const executor of [new ReferenceExecutor(), nativeExecutor()] as Executor[]) {
  const watched = (profile: Profile) => {
    const own = profile.watch(executor);
    return own.compile(example(), own.createStore());
  };

  test(`${executor.name}: an op is counted as often as it ran, in runs and replays, and in each step of a loop`, async () => {
    const profile = new Profile();
    const executable = watched(profile);
    for (let i = 0; i < 3; i++) await executable.run(feeds);
    await executable.replay(feeds, { steps: 4, carry: { h: "sum" } });
    const runs = Object.fromEntries(profile.rows().map(({ layer, op, runs }) => [`${layer} ${op}`, runs]));
    expect(runs).toMatchObject({ "encoder linear": 7, "encoder tanh": 7, "loop add": 7 * T });
    expect(profile.trace().traceEvents.length).toBe(profile.rows().reduce((sum, { runs }) => sum + runs, 0));
  });

  test(`${executor.name}: times begin with the run`, async () => {
    const seen: OpTime[] = [];
    const onTimes = (times: readonly OpTime[]) => seen.push(...times);
    const executable = executor.compile(example(), executor.createStore(), { onTimes });
    const start = performance.now();
    await executable.run(feeds);
    expect(seen[0]?.begin).toBeGreaterThanOrEqual(0);
    expect(seen.at(-1)?.end).toBeLessThanOrEqual(performance.now() - start);
  });

  test(`${executor.name}: the times of ops follow each other, and are no longer than the run`, async () => {
    const profile = new Profile();
    const executable = watched(profile);
    const start = performance.now();
    for (let i = 0; i < 10; i++) await executable.run(feeds);
    expect(profile.milliseconds).toBeGreaterThan(0);
    expect(profile.milliseconds).toBeLessThanOrEqual(performance.now() - start);
    const events = profile.trace().traceEvents;
    expect(events.reduce((sum, { dur }) => sum + dur, 0) / 1000).toBeCloseTo(profile.milliseconds, 6);
    for (const [i, { ts }] of events.entries()) {
      const before = events[i - 1];
      if (before) expect(ts).toBeGreaterThanOrEqual(before.ts + before.dur - 0.01);
    }
  });
}

test("ranks that are watched add what they compute, and each profile of a watched executor counts it", async () => {
  const graph = new Graph();
  const sums = ops.allReduce([graph.feed("x", "f32", [2])]);
  graph.output("sum", ops.awaitSum(sums, { begin: 0, shape: [2] }));
  for (const executor of [nativeExecutor(), new ReferenceExecutor()] as Executor[]) {
    const profiles = [new Profile(), new Profile()] as const;
    const watched = profiles[1].watch(profiles[0].watch(executor));
    expect(watched).toMatchObject({ name: executor.name, floats: executor.floats });
    expect(watched.rounding).toBe(executor.rounding);
    const group = await threadGroup(2);
    const runs = group.map((communicator, rank) =>
      watched.compile(graph.program(), watched.createStore(), { communicator }).run({ x: Float32Array.of(rank, 5) }),
    );
    for (const { outputs } of await Promise.all(runs)) expect(outputs.sum).toEqual(Float32Array.of(1, 10));
    await Promise.all(group.map((communicator) => communicator.close()));
    for (const profile of profiles) {
      expect(profile.rows().map(({ op, runs }) => [op, runs])).toContainEqual(["allReduce", 2]);
    }
  }
});

/** An executor whose runs compute nothing, and say that their ops took these times. */
function timed(times: readonly OpTime[]): Executor {
  return {
    ...{ name: "timed", floats: Float32Array, createStore: () => nativeExecutor().createStore() },
    compile(program, _, options) {
      const run = async () => {
        options?.onTimes?.(times);
        return { outputs: {}, nonFinite: null, collected: {} };
      };
      return { program, run, replay: run };
    },
  };
}

test("the trace of a run ends when the run does, however long its ops are", async () => {
  const times = [5, 400, 1000].map((end, op) => ({ op, begin: end - 5, end }));
  const profile = new Profile();
  const executor = profile.watch(timed(times));
  const before = performance.now();
  await executor.compile(example(), executor.createStore()).run(feeds);
  const after = performance.now();
  for (const [i, { ts, dur }] of profile.trace().traceEvents.entries()) {
    const untilEnd = 1000 - (times[i]?.end ?? 0);
    expect(ts + dur).toBeGreaterThanOrEqual(1000 * (before - untilEnd));
    expect(ts + dur).toBeLessThanOrEqual(1000 * (after - untilEnd));
  }
});

test("the same op of a layer is one row for all programs, and each program is a thread of the trace", async () => {
  const record = () => {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [1000, 500]);
    const weight = graph.variable({ name: "w", dtype: "f32", shape: [2000, 500] });
    const y = graph.within("encoder", () => ops.tanh(ops.linear(x, weight)));
    graph.output("y", ops.square(y));
    return graph.program();
  };
  const ends = [2, 2.5, 6.5];
  const profile = new Profile();
  const executor = profile.watch(timed(ends.map((end, op) => ({ op, begin: ends[op - 1] ?? 0, end }))));
  const [first, second] = [record(), record()].map((program) => executor.compile(program, executor.createStore()));
  for (const executable of [first, first, second]) await executable?.run({});
  const [x, w, y] = [4 * 1000 * 500, 4 * 2000 * 500, 4 * 1000 * 2000];
  const flops = 2 * 1000 * 500 * 2000;
  expect(profile.rows()).toEqual([
    { layer: "", op: "square", runs: 3, milliseconds: 12, flops: 0, bytes: 3 * 2 * y },
    { layer: "encoder", op: "linear", runs: 3, milliseconds: 6, flops: 3 * flops, bytes: 3 * (x + w + y) },
    { layer: "encoder", op: "tanh", runs: 3, milliseconds: 1.5, flops: 0, bytes: 3 * 2 * y },
  ]);
  expect(profile.milliseconds).toBe(19.5);
  expect(profile.table()).toBe(
    [
      "layer    op      runs     ms   share  GFLOP/s  GB/s",
      "-        square     3  12.00  61.5 %            4.0",
      "encoder  linear     3   6.00  30.8 %   1000.0   7.0",
      "encoder  tanh       3   1.50   7.7 %           32.0",
    ].join("\n"),
  );
  const { traceEvents } = profile.trace();
  expect(traceEvents.map(({ tid }) => tid)).toEqual([0, 0, 0, 0, 0, 0, 1, 1, 1]);
  const args = { layer: "encoder", flops, bytes: x + w + y };
  expect(traceEvents[3]).toMatchObject({ name: "linear", cat: "op", ph: "X", pid: 1, args });
  expect(traceEvents.slice(0, 3).map(({ dur }) => dur)).toEqual([2000, 500, 4000]);
  expect((traceEvents[2]?.ts as number) - (traceEvents[0]?.ts as number)).toBeCloseTo(2500, 3);
});

test("where a clock is too coarse for what ran, shares are 0", async () => {
  const profile = new Profile();
  const executor = profile.watch(timed([{ op: 0, begin: 1, end: 1 }]));
  await executor.compile(example(), executor.createStore()).run(feeds);
  expect(profile.table()).toMatch(/ 0\.0 %$/);
});

test("a product counts two flops for each multiplication, and everything its bytes", async () => {
  const profile = new Profile();
  const executor = profile.watch(nativeExecutor());
  await executor.compile(example(), executor.createStore()).run(feeds);
  const rows = new Map(profile.rows().map((row) => [`${row.layer} ${row.op}`, row]));
  expect(rows.get("encoder linear")).toMatchObject({
    flops: 2 * T * N * I * O,
    bytes: 4 * (T * N * I + O * I + T * N * O),
  });
  expect(rows.get("encoder tanh")).toMatchObject({ flops: 0, bytes: 4 * 2 * T * N * O });
  expect(rows.get("loop add")).toMatchObject({ flops: 0, bytes: T * 4 * 3 * N * I });
});

test("the table has a line for each row, with shares that sum up; JSON has the same rows", async () => {
  const profile = new Profile();
  const executor = profile.watch(nativeExecutor());
  await executor.compile(example(), executor.createStore()).run(feeds);
  const [head, ...lines] = profile.table().split("\n");
  expect(head).toMatch(/^layer +op +runs +ms +share +GFLOP\/s +GB\/s$/);
  expect(lines.length).toBe(profile.rows().length);
  // A rate for what has flops and takes time (0.0 on a machine that is busy), none for what has no flops.
  const rates = (op: string) =>
    lines.find((line) => line.startsWith(`encoder  ${op}`) || line.includes(` ${op} `))?.match(/ % +(\S+) +(\S+)$/);
  const { flops, milliseconds } = profile.rows().find(({ op }) => op === "linear") as ProfileRow;
  expect(rates("linear")?.[1]).toBe((flops / milliseconds / 1e6).toFixed(1));
  expect(rates("tanh")).toBeNull();
  const shares = lines.map((line) => Number(/([\d.]+) %/.exec(line)?.[1]));
  expect(shares.reduce((sum, share) => sum + share)).toBeCloseTo(100, 0);
  expect(shares).toEqual([...shares].sort((a, b) => b - a));
  expect(JSON.parse(JSON.stringify(profile))).toEqual({ milliseconds: profile.milliseconds, rows: profile.rows() });
});

test("what is not watched is not counted", async () => {
  const profile = new Profile();
  const executor = nativeExecutor();
  const store = executor.createStore();
  profile.watch(executor).compile(example(), store);
  await executor.compile(example(), store).run(feeds);
  expect(profile.rows()).toEqual([]);
  expect(profile.table()).toMatch(/^layer/);
  expect(() => profile.watch({} as Executor)).toThrow("expected executor to be an executor");
});

test("a program that was compiled and never ran has no rows", () => {
  const profile = new Profile();
  const executor = profile.watch(new ReferenceExecutor());
  executor.compile(example(), executor.createStore());
  expect([profile.rows(), profile.milliseconds]).toEqual([[], 0]);
  expect(profile.table().trim().split(/\s+/)).toEqual(["layer", "op", "runs", "ms", "share", "GFLOP/s", "GB/s"]);
});
