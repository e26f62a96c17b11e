import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, describe, expect, test } from "vitest";
import { browser, executor, missing } from "./module.js";

type Model = Awaited<ReturnType<typeof browser.loadModel>>;
type Seeds = Map<string, { files: Record<string, Uint8Array<ArrayBuffer>> }>;

/** A module of the project as it is built; an empty one where nothing runs, as loading them takes long. */
const built = async <T>(path: string) => (missing ? {} : await import(new URL(path, import.meta.url).href)) as T;
const { loadModel } = await built<typeof import("../../lib/index.js")>("../../dist/index.js");
const { kindNames } = await built<typeof import("../../lib/models/kindTable.js")>("../../dist/models/kindTable.js");
const { makeSeeds } = await built<{ makeSeeds: () => Promise<Seeds> }>("../fuzz/seeds.mjs");
const seeds = missing ? [] : [...(await makeSeeds())].filter(([, { files }]) => "config.json" in files);

const folders: string[] = [];
afterAll(() => {
  for (const folder of folders) rmSync(folder, { recursive: true });
});

/** The folder on the disk that holds the files. */
function onDisk(files: Record<string, Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), "ostinato-browser-"));
  folders.push(folder);
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}

// biome-ignore lint/suspicious/noExplicitAny: a row for each kind, whose models have methods of their own
type Any = any;

/** Everything that a model of the kind is for. */
const uses: Record<string, (model: Any) => Promise<unknown>> = {
  Seq2Seq: translate,
  TransformerSeq2Seq: translate,
  Word2Vec: async (model) => {
    const vectors = await model.vectors();
    return [vectors.words, vectors.values, vectors.neighbours(vectors.words[0], { top: 2 })];
  },
  SequenceClassifier: async (model) => {
    const frames = { frames: { shape: [2, 2], values: Float32Array.of(0.5, -1, 2, 0) } };
    return model.classify([model.tokenizer.features ? frames : "ab d"]);
  },
  SequenceTagger: (model) => model.tag([["ab", "x"]], { nBest: 2 }),
  FrameTagger: (model) => model.tag([{ frames: { shape: [2, 2], values: Float32Array.of(0.5, -1, 2, 0) } }]),
  Forecaster: (model) => model.forecast([{ name: "a", values: [1, 2, 3, 4, 5, 6, 7, 8, 9] }]),
  ImageCaptioner: async (model) => {
    const { rows, columns, channels } = model.network.config;
    const shape = [rows, columns, channels];
    const values = Float32Array.from({ length: rows * columns * channels }, (_, i) => i % 3);
    return model.caption([{ image: { shape, values } }], { maximumLength: 3 });
  },
};

async function translate(model: Any) {
  return [
    await model.translate(["ab c"], { maximumLength: 4, beams: 2 }),
    await model.evaluate([{ source: "ab c", target: "ab" }]),
  ];
}

async function write(model: Any) {
  const texts: string[] = [];
  for await (const piece of model.generate({ prompt: "ab", maximumLength: 8, seed: 3 })) texts.push(piece);
  return [
    texts,
    await model.generateAll({ prompts: ["", "ab"], maximumLength: 4, seed: 1 }),
    await model.beamSearch({ prompt: "ab", maximumLength: 4, beams: 2 }),
    await model.logProbability("ab cd\nab"),
    await model.evaluate("ab cd\nab"),
  ];
}

function used(model: Model): Promise<unknown> {
  return (uses[model.kind.name] ?? write)(model);
}

describe.skipIf(missing)(`folders as bytes (${missing ?? "dist/packed/browser.js"})`, () => {
  const seen = new Set<string>();

  test.each(seeds)("%s gives what the folder on the disk gives", async (_, { files }) => {
    const model = await browser.loadModel(browser.folderOf(files), { executor: executor as never });
    seen.add(model.kind.name);
    const own = await used(model);
    const native = await used((await loadModel(onDisk(files), { executor: "wasm" })) as Model);
    expect(own).toEqual(native);
    expect(JSON.stringify(own).length).toBeGreaterThan(20);
  });

  test.each(seeds)("%s is written as it was read", async (_, { files }) => {
    const model = await browser.loadModel(browser.folderOf(files), { executor: executor as never });
    await model.save("written", { overwrite: true });
    const written = browser.filesOf("written");
    browser.removeFolder("written");
    const names = Object.keys(files).filter((name) => !name.startsWith("train"));
    expect(Object.keys(written).sort()).toEqual(names.sort());
    for (const name of names) expect(Buffer.compare(written[name] as Uint8Array, files[name] as Uint8Array)).toBe(0);
  });

  test("there is a folder of each kind", () => {
    expect([...seen].sort()).toEqual(kindNames().sort());
  });
});
