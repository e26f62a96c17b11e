import { spawnSync } from "node:child_process";
import { availableParallelism } from "node:os";
import { describe, expect, test, vi } from "vitest";
import { CharacterTokenizer, memoryStream } from "../../lib/data/index.js";
import { InputError, OptionError, OstinatoError } from "../../lib/errors.js";
import { AddonExecutor } from "../../lib/executor/addonExecutor.js";
import type { Communicator } from "../../lib/executor/communicator.js";
import { nativeExecutor } from "../../lib/executor/native.js";
import { threadGroup } from "../../lib/executor/nativeCommunicator.js";
import { wasmAddon } from "../../lib/executor/wasm/addon.js";
import { WasmExecutor } from "../../lib/executor/wasm/executor.js";
import { WasmModule } from "../../lib/executor/wasm/module.js";
import { defaultThreads } from "../../lib/executor/wasm/threads.js";
import { Graph, ops } from "../../lib/graph/index.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { Embedding } from "../../lib/nn/index.js";
import { adam } from "../../lib/train/optimizers.js";
import { TrainingStep } from "../../lib/train/step.js";
import { wasmBytes, wasmExecutors, wasmMissing } from "../wasm.js";

test("bytes that are no module are refused, with what they should have been", async () => {
  const refused = WasmExecutor.load(Uint8Array.of(0, 97, 115, 109, 1, 0, 0, 0));
  await expect(refused).rejects.toThrow(OstinatoError);
  await expect(refused).rejects.toThrow(
    "The 8 bytes are no module of this version of ostinato: expected those of ostinato.wasm",
  );
  await expect(WasmExecutor.load(new TextEncoder().encode("<html>"))).rejects.toMatchObject({
    code: "ERR_OSTINATO_ADDON",
  });
  expect(() => WasmExecutor.loadNow(new TextEncoder().encode("<html>"))).toThrow(/^The 6 bytes are no module of this/);
});

const named = (name: string) => [name.length, ...new TextEncoder().encode(name)];
const section = (id: number, ...content: number[]) => [id, content.length, ...content];

/**
 * A module whose memory threads may share, with functions: `_initialize`, `trap` and `threadWork`, which are unreachable, `threadCrash`,
 * which writes 7 at address 64, `allocate`, which gives an address, and more of no effect.
 * @param address 0 for none.
 */
function broken(address: number): Uint8Array {
  // () -> (), (i32) -> () and (i32) -> i32; then each function's.
  const [none, taking, giving] = [0, 1, 2] as const;
  const nothing = [2, 0, 0x0b];
  const unreachable = [3, 0, 0, 0x0b];
  const functions: readonly [string, number, number[]][] = [
    ["_initialize", none, nothing],
    ["trap", none, unreachable],
    ["threadWork", taking, unreachable],
    ["threadCrash", none, [10, 0, 0x41, 0xc0, 0, 0x41, 7, 0x36, 2, 0, 0x0b]],
    ["threadsSet", taking, nothing],
    ["__wasm_init_tls", taking, nothing],
    ["allocate", giving, [5, 0, 0x41, 0x80 + address, 0, 0x0b]],
  ];
  const [functionKind, globalKind, memoryKind] = [0, 3, 2];
  const globals = ["__stack_pointer", "__tls_size"];
  return Uint8Array.from([
    ...[0, 0x61, 0x73, 0x6d, 1, 0, 0, 0],
    ...section(1, 3, 0x60, 0, 0, 0x60, 1, 0x7f, 0, 0x60, 1, 0x7f, 1, 0x7f),
    ...section(2, 1, ...named("env"), ...named("memory"), memoryKind, 3, 1, 0x80, 0x80, 4),
    ...section(3, functions.length, ...functions.map(([, type]) => type)),
    ...section(6, 2, ...globals.flatMap((_, i) => [0x7f, 1 - i, 0x41, 8, 0x0b])),
    ...section(
      7,
      functions.length + globals.length,
      ...functions.flatMap(([name], i) => [...named(name), functionKind, i]),
      ...globals.flatMap((name, i) => [...named(name), globalKind, i]),
    ),
    ...section(10, functions.length, ...functions.flatMap(([, , code]) => code)),
  ]);
}

test("a module that traps has stopped for good, and one without memory says for how many bytes", async () => {
  const module = await WasmModule.load(broken(0), 1);
  expect(() => module.withCopy(new Float32Array(5), () => 1)).toThrow(
    expect.objectContaining({ code: "ERR_OSTINATO_MEMORY", message: "not enough memory for 20 bytes" }),
  );
  const stopped = expect.objectContaining({
    code: "ERR_OSTINATO_ADDON",
    message: "The WebAssembly module has stopped for good (unreachable): load it again.",
  });
  expect(() => module.call((functions) => (functions as unknown as { trap(): void }).trap())).toThrow(stopped);
  expect(() => module.call(({ allocate }) => allocate(1))).toThrow(stopped);
});

test("a thread that traps says so in the memory that it shares, and one that has no place is refused", async () => {
  const module = await WasmModule.load(broken(96), 2);
  const told = new Int32Array(1);
  await vi.waitFor(() => {
    module.copyOut(told, 64);
    expect(told[0]).toBe(7);
  });
  await expect(WasmModule.load(broken(0), 2)).rejects.toThrow("threads did not start: not enough memory for");
});

test("where threads share no memory there is one, and whoever asks for more is told what allows it", async () => {
  expect((await WasmModule.load(broken(96))).threads).toBe(defaultThreads());
  try {
    Object.assign(globalThis, { crossOriginIsolated: false });
    expect((await WasmModule.load(broken(0))).threads).toBe(1);
    const asked = WasmExecutor.load(broken(96), { threads: 2 });
    await expect(asked).rejects.toThrow(OptionError);
    await expect(asked).rejects.toThrow(
      "WasmExecutor: there is one thread, not 2. The page may not share memory with Workers. Serve it with the headers " +
        "Cross-Origin-Opener-Policy: same-origin and Cross-Origin-Embedder-Policy: require-corp, or leave threads out.",
    );
  } finally {
    Reflect.deleteProperty(globalThis, "crossOriginIsolated");
  }
  await expect(WasmExecutor.load(broken(96), { threads: 0 })).rejects.toThrow(
    "WasmExecutor: expected threads to be a whole number at least 1 and at most 256, got 0.",
  );
});

test("the environment says how many threads there are by default", () => {
  vi.stubEnv("OSTINATO_NUM_THREADS", "3");
  expect(defaultThreads()).toBe(3);
  vi.stubEnv("OSTINATO_NUM_THREADS", "many");
  expect(defaultThreads()).toBe(Math.min(256, availableParallelism()));
  vi.unstubAllEnvs();
});

test("an engine without WebAssembly is told what to do", async () => {
  const { WebAssembly: own } = globalThis as { WebAssembly?: unknown };
  try {
    Object.assign(globalThis, { WebAssembly: undefined });
    await expect(WasmExecutor.load(new Uint8Array())).rejects.toThrow(
      "This JavaScript engine lacks WebAssembly. Use a newer one",
    );
    Object.assign(globalThis, { WebAssembly: { validate: () => false } });
    await expect(WasmExecutor.load(new Uint8Array())).rejects.toThrow(
      "lacks 128-bit SIMD, exceptions, atomic operations.",
    );
  } finally {
    Object.assign(globalThis, { WebAssembly: own });
  }
});

const text = "the quick brown fox jumps over the lazy dog\nand packs my box with five dozen liquor jugs\n".repeat(4);
const tokenizer = CharacterTokenizer.fromText(text);

/** A language model after some updates on the text, and its losses. */
async function trained(executor: WasmExecutor | ReturnType<typeof nativeExecutor>, options: object = {}) {
  const model = await LanguageModel.create({ tokenizer, hiddenSize: 24, layers: 2, seed: 3, executor, ...options });
  const step = new TrainingStep(model, { optimizer: adam(), clipNorm: 1, clipValue: 0, reduction: "token" });
  const losses: number[] = [];
  const data = new WindowData(memoryStream(tokenizer.encode(text), 0), { batchSize: 2, windowLength: 10 });
  let number = 0;
  for await (const batch of data.batches(0)) {
    losses.push((await step.run(batch, { learningRate: 0.03, step: ++number, seed: 5 })).loss);
    if (number === 12) break;
  }
  return { model, losses };
}

describe.skipIf(wasmMissing)(`WebAssembly (${wasmMissing ?? "prebuilds/ostinato.wasm"})`, () => {
  const [executor] = wasmExecutors as [WasmExecutor];

  test("training gives the losses that the native executor gives", async () => {
    expect(executor.threads).toBe(3);
    const [own, native] = [await trained(executor), await trained(nativeExecutor())];
    expect(own.losses.length).toBe(12);
    expect(own.losses.at(-1) as number).toBeLessThan((own.losses[0] as number) - 0.2);
    own.losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(native.losses[i] as number, 4);
    });
  });

  test("search and generation write what the native executor writes, with the tree and the scores", async () => {
    const options = { prompt: "the ", beams: 4, nBest: 4, maximumLength: 15, blockNgramRepeat: 2, tree: true };
    const [own, native] = [(await trained(executor)).model, (await trained(nativeExecutor())).model];
    const [found, expected] = [await own.beamSearch(options), await native.beamSearch(options)];
    expect(found.texts.map(({ text }) => text)).toEqual(expected.texts.map(({ text }) => text));
    expect(found.texts[0]?.score).toBeCloseTo(expected.texts[0]?.score as number, 3);
    expect(found.tree?.map(({ token }) => token)).toEqual(expected.tree?.map(({ token }) => token));
    const improved = async (model: LanguageModel) => {
      const seen: string[] = [];
      await model.beamSearch({ prompt: "the ", beams: 3, maximumLength: 6, onBest: (best) => seen.push(best) });
      return seen;
    };
    const all = await improved(own);
    expect(all).toEqual(await improved(native));
    expect(all.length).toBeGreaterThan(3);
    const written = async (model: LanguageModel) => {
      let whole = "";
      for await (const piece of model.generate({ prompt: "the ", maximumLength: 40, seed: 2 })) whole += piece;
      return whole;
    };
    expect(await written(own)).toBe(await written(native));
  });

  test("weights in a smaller type are those that the native executor rounds to", async () => {
    const [own, native] = [(await trained(executor)).model, (await trained(nativeExecutor())).model];
    for (const { store } of [own, native]) {
      const name = own.parameters[0]?.name ?? "";
      await store.write(name, await native.store.read(name));
      await store.quantize(name, "int8");
    }
    const name = own.parameters[0]?.name ?? "";
    expect(await own.store.read(name)).toEqual(await native.store.read(name));
  });

  test("an id outside its table is an InputError that names the layer, and the executor lives on", async () => {
    const graph = new Graph();
    const table = new Embedding("source", { vocabularySize: 4, embeddingSize: 3 });
    graph.output("y", table.apply(graph.feed("ids", "i32", [1, 2])));
    const executable = executor.compile(graph.program(), executor.createStore());
    await expect(executable.run({ ids: Int32Array.of(1, 9) })).rejects.toThrow(
      new InputError("source: id 9 at position 1 is outside the table of 4 rows"),
    );
    expect((await executable.run({ ids: Int32Array.of(1, 3) })).outputs.y?.length).toBe(6);
  });

  test("what does not fit into the memory of a module is refused, and the executor lives on", async () => {
    const store = executor.createStore();
    expect(() => store.declare({ name: "huge", dtype: "f32", shape: [2 ** 15, 2 ** 15] })).toThrow(
      "not enough memory for a variable",
    );
    store.declare({ name: "small", dtype: "f32", shape: [2] });
    expect([...(await store.read("small"))]).toEqual([0, 0]);
  });

  test("the bytes may be those of an ArrayBuffer, and it computes alone", async () => {
    const bytes = Uint8Array.from(wasmBytes()).buffer;
    const other = await WasmExecutor.load(bytes);
    const graph = new Graph();
    graph.output("y", ops.square(graph.feed("x", "f32", [2])));
    const executable = other.compile(graph.program(), other.createStore());
    expect([...((await executable.run({ x: Float32Array.of(2, 3) })).outputs.y ?? [])]).toEqual([4, 9]);
    const group = await threadGroup(2);
    const [communicator] = group as [Communicator];
    expect(() => executor.compile(graph.program(), executor.createStore(), { communicator })).toThrow(
      "compile: WebAssembly computes alone, without a communicator: use the native executor.",
    );
    await Promise.all(group.map((one) => one.close()));
  });

  test("times of ops come with a run", async () => {
    const graph = new Graph();
    graph.output("y", ops.tanh(ops.square(graph.feed("x", "f32", [3]))));
    const seen: number[] = [];
    const executable = executor.compile(graph.program(), executor.createStore(), {
      onTimes: (times) => seen.push(...times.map(({ op }) => op)),
    });
    await executable.run({ x: Float32Array.of(1, 2, 3) });
    expect(seen).toEqual([0, 1]);
  });

  test("one thread, and threads that join while it computes, give the same losses", async () => {
    const [one, later] = [
      await trained(WasmExecutor.loadNow(wasmBytes(), { threads: 1 })),
      await trained(WasmExecutor.loadNow(wasmBytes(), { threads: 3 })),
    ];
    const { losses } = await trained(executor);
    expect(later.losses).toEqual(losses);
    losses.forEach((loss, i) => {
      expect(loss).toBeCloseTo(one.losses[i] as number, 5);
    });
  });

  test("work whose part a thread has lost ends the module, not the process", async () => {
    const module = await WasmModule.load(wasmBytes(), 2);
    module.call((functions) => (functions as unknown as { threadCrash(): void }).threadCrash());
    const graph = new Graph();
    graph.output("y", ops.matmul(graph.feed("a", "f32", [256, 256]), graph.feed("b", "f32", [256, 256])));
    const square = new Float32Array(256 * 256).fill(1);
    const lost = new AddonExecutor("wasm", wasmAddon(module));
    const executable = lost.compile(graph.program(), lost.createStore());
    await expect(executable.run({ a: square, b: square })).rejects.toThrow("has stopped for good");
  });

  test("threads keep no process alive", () => {
    const program = `
      import { loadWasm } from ${JSON.stringify(new URL("../../dist/executor/loadWasm.js", import.meta.url).href)};
      console.log(loadWasm({ threads: 4 }).threads);`;
    const { stdout, status } = spawnSync(process.execPath, ["--input-type=module", "-e", program], { timeout: 30_000 });
    expect([String(stdout), status]).toEqual(["4\n", 0]);
  });

  test("the module is at most 1 MB compressed", async () => {
    const { gzipSync } = await import("node:zlib");
    expect(gzipSync(wasmBytes()).length).toBeLessThan(1_000_000);
  });
});
