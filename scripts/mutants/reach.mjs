// Which tests run which parts of lib, measured: every test file is run once over a copy of the project that is full of probes.
import { createHash } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { packJavaScript } from "../pack-js.mjs";
import { builtFrom } from "./compiler.mjs";
import { partAt, partsOf, probed } from "./probes.mjs";

const preload = pathToFileURL(join(import.meta.dirname, "reached.mjs")).href;

/**
 * Measurements, kept in build/reach.json. What is known of a file of lib or of a test holds until that file is changed; that a change of
 * another file leads a test elsewhere is not seen.
 */
export class Reach {
  #root;
  #tests = new Map();
  #files = new Map();
  #parts = new Map();

  constructor(root) {
    this.#root = root;
    if (!existsSync(this.#path)) return;
    const { tests, files } = JSON.parse(readFileSync(this.#path, "utf8"));
    this.#tests = new Map(Object.entries(tests));
    this.#files = new Map(Object.entries(files));
  }

  get #path() {
    return join(this.#root, "build", "reach.json");
  }

  /** Seconds that a test file takes, or undefined if it was not measured as it is now, or ended early as a test of it failed. */
  seconds(test) {
    return this.#measured(test)?.seconds;
  }

  /** Test files that run the part of a file of lib at a position, or undefined if the file was not measured as it is now. */
  testsOf(sourceFile, file, position) {
    if (this.#files.get(file) !== this.#hash(file)) return undefined;
    if (!this.#parts.has(file)) this.#parts.set(file, partsOf(sourceFile));
    const part = partAt(this.#parts.get(file), position);
    if (part === undefined) return undefined;
    return [...this.#tests].filter(([, { reached }]) => reached[file]?.includes(part.begin)).map(([test]) => test);
  }

  /** Parts of a file of lib that no test runs, of those that stand in no other such part: { begin, end }. */
  unreached(sourceFile, file) {
    const tests = [...this.#tests.values()].map(({ reached }) => new Set(reached[file]));
    const parts = partsOf(sourceFile).filter(({ begin }) => !tests.some((reached) => reached.has(begin)));
    return parts.filter(
      (part) => !parts.some((outer) => outer !== part && outer.begin <= part.begin && part.end <= outer.end),
    );
  }

  /**
   * Runs test files, each alone, in trees that get probes in every file of lib.
   * @param onTest is called after each test file with its name, its seconds and how it ended
   */
  async measure(compiler, trees, testFiles, { seconds, onTest }) {
    const tests = Object.fromEntries(testFiles.map((test) => [test, { hash: this.#hash(test), reached: {} }]));
    const files = compiler.files.map((path) => ({ path, file: relative(this.#root, path) }));
    const hashes = Object.fromEntries(files.map(({ file }) => [file, this.#hash(file)]));
    const waiting = testFiles.values();
    await Promise.all(
      trees.map(async (tree) => {
        for (const { path, file } of files) {
          const text = probed(compiler.sourceFile(path), file);
          tree.write(file, text);
          tree.write(builtFrom(file), compiler.javascript(path, text));
        }
        await packJavaScript(tree.root);
        const output = `${tree.root}.reach`;
        for (const test of waiting) {
          const begin = performance.now();
          const env = { OSTINATO_REACH: output, NODE_OPTIONS: `--import ${preload}` };
          const { result } = await tree.test([test], seconds, env);
          Object.assign(tests[test], {
            seconds: (performance.now() - begin) / 1000,
            result,
            reached: passed(output),
          });
          onTest(test, tests[test].seconds, result);
        }
      }),
    );
    this.#tests = new Map(Object.entries(tests));
    this.#files = new Map(Object.entries(hashes));
    mkdirSync(dirname(this.#path), { recursive: true });
    writeFileSync(this.#path, JSON.stringify({ tests, files: hashes }));
  }

  #measured(test) {
    const measured = this.#tests.get(test);
    const holds = measured?.result === "passed" && measured.hash === this.#hash(test);
    return holds ? measured : undefined;
  }

  #hash(file) {
    const path = join(this.#root, file);
    return existsSync(path) ? createHash("sha256").update(readFileSync(path)).digest("hex") : "";
  }
}

/** Parts that the processes of a test have written down, by file: their beginnings. The record is deleted. */
function passed(path) {
  const reached = {};
  if (!existsSync(path)) return reached;
  for (const line of new Set(readFileSync(path, "utf8").trimEnd().split("\n"))) {
    const [file, begin] = line.split("\t");
    reached[file] ??= [];
    reached[file].push(Number(begin));
  }
  rmSync(path);
  return reached;
}
