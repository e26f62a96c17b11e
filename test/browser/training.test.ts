import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { wasmBytes } from "../wasm.js";
import { browser, missing } from "./module.js";
import { inChromium, pageMissing } from "./page.js";

type Losses = Record<string, number[]>;
const source = new URL("trainings.mjs", import.meta.url);
const { trainings } = (await import(source.href)) as {
  trainings: (module: object, executor: unknown) => Promise<Losses>;
};
const built = async <T>(path: string) => (missing ? {} : await import(new URL(path, import.meta.url).href)) as T;
const ostinato = await built<typeof import("../../lib/index.js")>("../../dist/index.js");
const { loadWasm } = await built<typeof import("../../lib/executor/loadWasm.js")>("../../dist/executor/loadWasm.js");
const { kindNames } = await built<typeof import("../../lib/models/kindTable.js")>("../../dist/models/kindTable.js");

/** Kinds that no gradients train: what is counted, and what is made of trained models. */
const untrained = ["Mixture", "NgramModel"];

describe.skipIf(missing)(`trainings of every kind (${missing ?? "dist/packed/browser.js"})`, async () => {
  const inNode = missing ? {} : await trainings(ostinato, loadWasm({ threads: 2 }));

  test("every kind learns in the module for browsers, to the losses of Node", async () => {
    const executor = await browser.WasmExecutor.load(wasmBytes(), { threads: 2 });
    const losses = await trainings(browser, executor);
    expect([...Object.keys(losses), ...untrained].sort()).toEqual(kindNames().sort());
    expect(losses).toEqual(inNode);
    for (const own of Object.values(losses)) {
      expect(own.length).toBe(12);
      expect(own.at(-1)).toBeLessThan(own[0] as number);
    }
  });

  test.skipIf(pageMissing)(`and in a page in Chromium, on two threads (${pageMissing ?? "it is there"})`, async () => {
    const script = `
      const o = await import("ostinato/browser");
      const { trainings } = await import("/trainings.mjs");
      const bytes = await (await fetch("/prebuilds/ostinato.wasm")).arrayBuffer();
      const executor = await o.WasmExecutor.load(bytes, { threads: 2 });
      await tell(await trainings(o, executor));`;
    const imports = { "ostinato/browser": "/dist/packed/browser.js" };
    const files = { "/trainings.mjs": readFileSync(fileURLToPath(source)) };
    expect(await inChromium({ script, imports }, files, true)).toEqual(inNode);
  });
});
