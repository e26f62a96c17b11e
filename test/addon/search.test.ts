import { expect, test } from "vitest";
import { encodeProgram } from "../../lib/executor/encode.js";
import { loadAddon } from "../../lib/executor/loadAddon.js";
import { Graph } from "../../lib/graph/graph.js";
import * as ops from "../../lib/graph/ops/index.js";
import { inChild } from "./child.js";

const addon = loadAddon();

/** A step of four rows: tokens [4], h [4,3] -> logits [4,5], attention [4,2], next [4,3]. */
function sample() {
  const graph = new Graph();
  const tokens = graph.feed("tokens", "i32", [4]);
  const h = graph.feed("h", "f32", [4, 3]);
  const table = graph.feed("table", "f32", [5, 3]);
  const next = ops.tanh(ops.add(ops.embedding(table, tokens), h));
  graph.output("logits", ops.matmul(next, table, { transposeB: true }));
  graph.output("attention", ops.softmax(ops.slice(next, { axis: 1, start: 0, end: 2 })));
  graph.output("next", next);
  const codes = new Map(addon.operations().map(({ name }, code) => [name, code]));
  return encodeProgram(graph.program(), { codes, variables: new Map() });
}

/** Two sentences, two beams: see native/search/search_options.h. */
const search = [
  ...[0, 0, 1, 1, 2, 1, 0],
  ...[2, 2, 2, 1, 0, 1, 2, 0.5, 0.25, 1, 0, 1],
  ...[0, 1, 0, 1, 7, 1, 1],
  ...[1, 3],
  ...[2, 2, 0, 1, 1, -1, 0, 0, 1, 0, 1],
  ...[6, 0, 1, 0, 2, 4, 1, 0],
];
const feeds = () => [new Int32Array(4), new Float32Array(12), Float32Array.from({ length: 15 }, (_, i) => Math.sin(i))];

test("a malformed search is refused or runs; it never crashes, whichever word is wrong", () => {
  const { status, signal, stdout } = inChild(
    `
    import { createRequire } from "node:module";
    const addon = createRequire(import.meta.url)("./build/Release/ostinato.node");
    const program = new addon.Program(new addon.Store(), Float64Array.from(${JSON.stringify([...sample()])}));
    const good = Float64Array.from(${JSON.stringify(search)});
    const feeds = [new Int32Array(4), new Float32Array(12), Float32Array.from({ length: 15 }, (_, i) => Math.sin(i))];
    const hostile = [NaN, Infinity, -1, 0, 1, 2, 3, 4, 5, 64, 0.5, -0.5, 1e6, 2 ** 31 - 1, 2 ** 31, 2 ** 32, 2 ** 53, 1e300, -(2 ** 40)];
    let refused = 0;
    let ran = 0;
    const attempt = async (words) => {
      try {
        const search = new addon.Search(program, words, feeds);
        await search.advance(3, true);
        search.result();
        await search.advance(30, false);
        search.result();
        ran++;
      } catch (error) {
        if (!(error instanceof Error)) throw new Error("not an error");
        refused++;
      }
    };
    await attempt(good);
    if (ran !== 1) throw new Error("the good search does not run");
    for (const sampling of [0, 1]) {
      good[19] = sampling;
      for (let i = 0; i < good.length; i++) {
        for (const value of hostile) {
          const words = good.slice();
          words[i] = value;
          await attempt(words);
        }
        await attempt(good.slice(0, i));
      }
    }
    await attempt(Float64Array.from([...good, 0]));
    console.log(JSON.stringify({ refused, ran }));`,
    { timeout: 120_000 },
  );
  expect({ status, signal }).toEqual({ status: 0, signal: null });
  const { refused, ran } = JSON.parse(stdout) as { refused: number; ran: number };
  expect(ran).toBeGreaterThan(20);
  expect(refused).toBeGreaterThan(ran);
}, 130_000);

test("arguments of the wrong kind are refused", async () => {
  const program = new addon.Program(new addon.Store(), sample());
  const words = Float64Array.from(search);
  const make = addon.Search as unknown as new (...args: unknown[]) => InstanceType<typeof addon.Search>;
  const [tokens, h, table] = feeds();
  const wrong: unknown[][] = [
    [],
    [program],
    [{}, words, feeds()],
    [Object.create(Object.getPrototypeOf(program)), words, feeds()],
    [new addon.Store(), words, feeds()],
    [program, search, feeds()],
    [program, Float32Array.from(search), feeds()],
    [program, words, []],
    [program, words, [tokens, h]],
    [program, words, [tokens, h, new Float32Array(3)]],
    [program, words, [tokens, table, h]],
  ];
  for (const args of wrong) expect(() => new make(...args)).toThrow();
  const good = new addon.Search(program, words, feeds());
  const advance = (...args: unknown[]) => (good.advance as (...args: unknown[]) => unknown).apply(good, args);
  for (const args of [[], [0, true], [4097, true], [1.5, true], [Number.NaN, true], [1], [1, 1]]) {
    expect(() => advance(...args)).toThrow(TypeError);
  }
  expect(() => good.advance.call({} as never, 1, true)).toThrow();
  expect(() => (good.result as () => unknown).call(program)).toThrow();
  const { done, best } = await good.advance(100, true);
  expect(done).toBe(true);
  expect(best.length).toBe(2);
  expect(await good.advance(1, true)).toMatchObject({ done: true });
});

test("a search under way is left alone, and its store is busy", async () => {
  const store = new addon.Store();
  const program = new addon.Program(store, sample());
  const endless = Float64Array.from(search);
  // N-grams may repeat, nothing ends, and both sentences may become as long as they like.
  for (const [word, value] of [
    [13, 0],
    [18, -1],
    [39, 2 ** 31 - 1],
    [44, 2 ** 31 - 1],
  ] as const)
    endless[word] = value;
  const own = new addon.Search(program, endless, feeds());
  const advancing = own.advance(4096, false);
  // Asked at once and looked at later: the search takes a few milliseconds.
  const codeOf = (call: () => unknown) => {
    try {
      call();
      return "none";
    } catch (error) {
      return (error as { code?: string }).code;
    }
  };
  const codes = [() => own.result(), () => own.advance(1, false), () => program.run(feeds(), false)].map(codeOf);
  expect(codes).toEqual(["ERR_OSTINATO_BUSY", "ERR_OSTINATO_BUSY", "ERR_OSTINATO_BUSY"]);
  expect((await advancing).done).toBe(false);
  expect(own.result()[0]?.hypotheses).toEqual([]);
});

test("a search and its program may be collected while it is under way", () => {
  const { status, signal, stdout } = inChild(
    `
    import { createRequire } from "node:module";
    const addon = createRequire(import.meta.url)("./build/Release/ostinato.node");
    const run = () => {
      const program = new addon.Program(new addon.Store(), Float64Array.from(${JSON.stringify([...sample()])}));
      const feeds = [new Int32Array(4), new Float32Array(12), new Float32Array(15)];
      return new addon.Search(program, Float64Array.from(${JSON.stringify(search)}), feeds).advance(50, true);
    };
    for (let round = 0; round < 200; round++) {
      const running = run();
      globalThis.gc();
      if (!(await running).done) throw new Error("not done");
    }
    console.log("done");`,
    { args: ["--expose-gc"] },
  );
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "done\n" });
});
