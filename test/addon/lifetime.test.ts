import { expect, test } from "vitest";
import { inChild, trainingScript } from "./child.js";

test("process.exit while a step runs ends the process with its code", () => {
  const { status, signal } = inChild(`${trainingScript}
    const t = await trainer(512, { epochs: 100 });
    t.run();
    setTimeout(() => process.exit(7), 150);`);
  expect({ status, signal }).toEqual({ status: 7, signal: null });
});

test("a process whose training was abandoned, not awaited, ends by itself when it is done", () => {
  const { status, signal } = inChild(`${trainingScript}
    (await trainer(32, { epochs: 1 })).run();`);
  expect({ status, signal }).toEqual({ status: 0, signal: null });
});

test("workers train at the same time, and can be terminated in the middle of a step", () => {
  const { status, signal, stdout } = inChild(`
    import { Worker } from "node:worker_threads";
    const code = ${JSON.stringify(trainingScript.replace("./dist", `file://${process.cwd()}/dist`))} +
      'import { parentPort } from "node:worker_threads";' +
      'const t = await trainer(256, { epochs: 1000 });' +
      't.on("step", ({ step }) => parentPort.postMessage(step));' +
      'await t.run();';
    const url = new URL("data:text/javascript," + encodeURIComponent(code));
    for (let round = 0; round < 3; round++) {
      const workers = Array.from({ length: 3 }, () => new Worker(url));
      await Promise.all(workers.map((w) => new Promise((done, failed) => {
        w.on("error", failed);
        w.on("message", (step) => step === 2 && done());
      })));
      await Promise.all(workers.map((w) => w.terminate()));
    }
    console.log("all ended");`);
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "all ended\n" });
});

test("a worker that loads the addon first may end before the main thread uses it", () => {
  const { status, signal, stdout } = inChild(`
    import { Worker } from "node:worker_threads";
    const url = new URL("data:text/javascript," + encodeURIComponent(
      'import { nativeInfo, setThreads } from "file://${process.cwd()}/dist/index.js"; setThreads(2); nativeInfo();'));
    for (let i = 0; i < 4; i++) await new Promise((done) => new Worker(url).on("exit", done));
    const { nativeInfo } = await import("./dist/index.js");
    console.log(nativeInfo().threads > 0);`);
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "true\n" });
});

test("garbage collection under load: memory stays flat over a thousand steps", () => {
  const { status, stdout } = inChild(
    `${trainingScript}
    const t = await trainer(64, { epochs: 1000, maximumSteps: 1200 });
    const sizes = [];
    t.on("step", ({ step }) => {
      if (step % 50 === 0) globalThis.gc();
      if (step === 200 || step === 1200) sizes.push(process.memoryUsage().rss);
    });
    await t.run();
    console.log(JSON.stringify(sizes));`,
    { args: ["--expose-gc"] },
  );
  expect(status).toBe(0);
  const [early = 0, late = 0] = JSON.parse(stdout) as number[];
  expect(late - early).toBeLessThan(12 * 2 ** 20);
});

test("programs and stores that nobody holds are freed, also while their run is under way", () => {
  const { status, signal, stdout } = inChild(
    `
    import { Graph, nativeExecutor, ops } from "./dist/index.js";
    const executor = nativeExecutor();
    const run = () => {
      const graph = new Graph();
      const x = graph.feed("x", "f32", [256, 256]);
      graph.output("y", ops.tanh(ops.matmul(x, x)));
      return executor.compile(graph.program(), executor.createStore()).run({ x: new Float32Array(256 * 256).fill(0.01) });
    };
    for (let i = 0; i < 50; i++) { await run(); globalThis.gc(); }
    const before = process.memoryUsage().rss;
    for (let i = 0; i < 300; i++) { const running = run(); globalThis.gc(); await running; }
    console.log(process.memoryUsage().rss - before < 40 * 2 ** 20);`,
    { args: ["--expose-gc"] },
  );
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "true\n" });
});

test("two copies of the addon in one process do not disturb each other", () => {
  const { status, signal, stdout } = inChild(`
    import { copyFileSync, mkdtempSync } from "node:fs";
    import { createRequire } from "node:module";
    import { tmpdir } from "node:os";
    import { join } from "node:path";
    import { Graph, nativeExecutor, ops } from "./dist/index.js";
    import { NativeExecutor } from "./dist/executor/native.js";
    const copy = join(mkdtempSync(join(tmpdir(), "ostinato-copy-")), "ostinato.node");
    copyFileSync("build/Release/ostinato.node", copy);
    const second = new NativeExecutor(createRequire(import.meta.url)(copy));
    const graph = new Graph();
    const x = graph.feed("x", "f32", [300, 300]);
    graph.output("y", ops.matmul(x, x));
    const program = graph.program();
    const feeds = { x: Float32Array.from({ length: 90000 }, (_, i) => (i % 7) - 3) };
    const runs = [nativeExecutor(), second].map((e) => { const p = e.compile(program, e.createStore()); return () => p.run(feeds); });
    const results = await Promise.all(Array.from({ length: 20 }, (_, i) => runs[i % 2]()));
    console.log(results.every(({ outputs }) => Buffer.from(outputs.y.buffer).equals(Buffer.from(results[0].outputs.y.buffer))));`);
  expect({ status, signal, stdout }).toEqual({ status: 0, signal: null, stdout: "true\n" });
});

test("a Store of one copy is not a Store of the other", () => {
  const { stdout, signal } = inChild(`
    import { createRequire } from "node:module";
    const addon = createRequire(import.meta.url)("./build/Release/ostinato.node");
    const fake = Object.setPrototypeOf({}, addon.Store.prototype);
    const attempts = [
      () => new addon.Program(fake, new Float64Array(7)),
      () => new addon.Program({}, new Float64Array(7)),
      () => new addon.Program(),
      () => addon.Store.prototype.read.call(fake, 0, new Float32Array(1)),
      () => addon.Store.prototype.read.call({}, 0, new Float32Array(1)),
      () => addon.Store(),
    ];
    console.log(attempts.map((f) => { try { f(); return "passed"; } catch (e) { return e.constructor.name; } }).join());`);
  expect(signal).toBe(null);
  expect(stdout).not.toContain("passed");
});

test("the event loop stays free while the addon computes", () => {
  const { stdout } = inChild(`${trainingScript}
    const t = await trainer(256, { epochs: 1000, maximumSteps: 40 });
    let ticks = 0;
    const timer = setInterval(() => { ticks++; }, 5);
    await t.run();
    clearInterval(timer);
    console.log(ticks > 10);`);
  expect(stdout).toBe("true\n");
});
