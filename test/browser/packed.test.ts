import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { gzipSync } from "node:zlib";
import ts from "typescript";
import { expect, test } from "vitest";
import * as index from "../../lib/index.js";
import { browser, browserFile } from "./module.js";

/** The modules from elsewhere that a file and those that it imports import. */
function importsOf(file: string, seen = new Set<string>()): string[] {
  if (seen.has(file)) return [];
  seen.add(file);
  return ts.preProcessFile(readFileSync(file, "utf8"), true, true).importedFiles.flatMap(({ fileName }) => {
    return fileName.startsWith(".") ? importsOf(join(dirname(file), fileName), seen) : [`${file}: ${fileName}`];
  });
}

test.each(["browser", "wasm", "reference"])(
  "dist/packed/%s.js imports nothing from outside: it runs in a page",
  (name) => {
    expect(importsOf(join(dirname(browserFile), `${name}.js`))).toEqual([]);
  },
);

test("ostinato/browser is one file of at most 300 kB compressed", () => {
  const file = readFileSync(browserFile);
  expect(ts.preProcessFile(file.toString(), true, true).importedFiles).toEqual([]);
  expect(gzipSync(file, { level: 9 }).length).toBeLessThan(300_000);
});

test("ostinato/browser has all names of ostinato, and those of files in memory", () => {
  const more = ["TrainingStep", "WasmExecutor", "fetchFolder", "filesOf", "folderOf", "removeFolder"];
  expect(Object.keys(browser).sort()).toEqual([...Object.keys(index), ...more].sort());
});

test("errors keep their names where the file is minified", () => {
  expect(() => browser.folderOf(3 as never)).toThrow(
    expect.objectContaining({
      name: "OptionError",
      message: "folderOf: expected files to be an object that has bytes or a text for each name, got 3.",
    }),
  );
});

test("texts of broken bytes are those that Node makes of them", () => {
  const [own, plain] = [new browser.ByteTokenizer(), new index.ByteTokenizer()];
  let state = 1;
  const next = () => {
    state = (state * 48271) % 2147483647;
    return state;
  };
  const hard = [0x61, 0xc3, 0xa9, 0xe2, 0x82, 0xac, 0xf0, 0x9f, 0x98, 0x80, 0xff, 0xed, 0xa0, 0x80, 0xef, 0xbb, 0xbf];
  for (let i = 0; i < 500; i++) {
    const tokens = Int32Array.from({ length: 12 }, () => hard[next() % hard.length] as number);
    expect(own.decode(tokens)).toBe(plain.decode(tokens));
  }
  for (const text of ["", "\ufeffab", "\ud800", "a\udc00b", "é 각 👩‍💻"])
    expect(own.encode(text)).toEqual(plain.encode(text));
});

test("what a browser does not have says so, and what to do", async () => {
  const refused = { code: "ERR_OSTINATO_BROWSER" };
  const tokenizer = browser.CharacterTokenizer.fromText("ab");
  const none = { ...refused, message: expect.stringMatching(/there is no executor.*WasmExecutor\.load\(bytes\)/) };
  await expect(browser.LanguageModel.create({ tokenizer })).rejects.toMatchObject(none);
  await expect(browser.LanguageModel.create({ tokenizer, executor: "wasm" })).rejects.toMatchObject(none);
  await expect(browser.LanguageModel.create({ tokenizer, executor: "reference" })).rejects.toMatchObject({
    message: expect.stringContaining('from "ostinato/reference"'),
  });
  await expect(browser.NgramModel.fromText("a b c")).rejects.toMatchObject({
    code: "ERR_OSTINATO_ADDON",
    message: expect.stringMatching(/counting n-grams in Node, and load the model's folder here/),
  });
  await expect(browser.SubwordTokenizer.fromText("ab", { size: 300 })).rejects.toMatchObject(refused);
  const folder = browser.folderOf({ "a.png": "no image", "a.csv": "a,b\n", "a.tsv": "a\tb\n", "a.arpa.gz": "" });
  await expect(browser.readImage(`${folder}/a.png`)).rejects.toMatchObject(refused);
  const columns = { source: 1, target: 2 };
  await expect(browser.readPairTable(`${folder}/a.csv`, columns)).rejects.toMatchObject(refused);
  expect(await browser.readPairTable(`${folder}/a.tsv`, columns)).toMatchObject([{ source: "a", target: "b" }]);
  await expect(browser.NgramModel.fromArpa(`${folder}/a.arpa.gz`)).rejects.toMatchObject(refused);
  await expect(browser.threadGroup(2)).rejects.toMatchObject({ code: "ERR_OSTINATO_ADDON" });
  await expect(async () => browser.mpi()).rejects.toMatchObject(refused);
});

test("the licence of each package that went into the file lies beside it", () => {
  const licenses = readFileSync(browserFile.replace(/\.js$/, ".licenses.txt"), "utf8");
  for (const name of ["@noble/hashes", "base64-js", "buffer", "events", "ieee754", "path-browserify"]) {
    expect(licenses).toMatch(new RegExp(`^${name} \\d+\\.`, "m"));
  }
  expect(licenses.match(/^.*copyright.*$/gim)?.length).toBeGreaterThanOrEqual(6);
});
