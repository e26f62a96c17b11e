// Which tests guard a file of lib: those that reach it by their imports, the nearest first.
import { readdirSync, readFileSync } from "node:fs";
import { dirname, join, relative } from "node:path";

/** Relative imports of a file, and what it uses of dist, as paths of lib or test. */
function importsOf(root, file) {
  const source = readFileSync(join(root, file), "utf8");
  const imported = [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, specifier]) =>
    relative(root, join(root, dirname(file), specifier)).replace(/\.js$/, ".ts"),
  );
  const built = [...source.matchAll(/dist\/([\w/]+)\.js/g)].map(([, path]) => `lib/${path}.ts`);
  const isOfTree = (path) => path.startsWith("lib/") || path.startsWith("test/");
  return [...new Set([...imported, ...built])].filter((path) => isOfTree(path) && path.endsWith(".ts"));
}

/** Files of a folder, recursively. */
function filesIn(root, folder, suffix) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((entry) => join(folder, entry))
    .filter((file) => file.endsWith(suffix));
}

export class Guards {
  #imports = new Map();
  #distances = new Map();

  constructor(root) {
    for (const file of [...filesIn(root, "lib", ".ts"), ...filesIn(root, "test", ".ts")]) {
      this.#imports.set(file, importsOf(root, file));
    }
    // Packing and installing take minutes and read no code.
    const tests = [...this.#imports.keys()].filter(
      (file) => /\.test\.ts$/.test(file) && !file.startsWith("test/package/"),
    );
    for (const test of tests) this.#distances.set(test, this.#reached(test));
  }

  /**
   * Tests of a file in groups, to be run one after the other until one fails: those whose name or folder is its own or that import it,
   * then those that reach it by a few imports, then the rest.
   */
  of(file) {
    const near = (test) => {
      const [, area, name = ""] = file.split("/");
      const mirrors =
        test === `test/${area}/${name.replace(/\.ts$/, ".test.ts")}` ||
        test === `test/${area.replace(/\.ts$/, ".test.ts")}`;
      return (
        (mirrors ? 0 : 10) + (this.#distances.get(test).get(file) ?? 0) - (test.startsWith(`test/${area}/`) ? 1 : 0)
      );
    };
    const ranked = [...this.#distances.keys()]
      .filter((test) => this.#distances.get(test).has(file))
      .map((test) => ({ test, rank: near(test) }))
      .sort((a, b) => a.rank - b.rank || (a.test < b.test ? -1 : 1))
      .map(({ test }) => test);
    return [ranked.slice(0, 2), ranked.slice(2, 6), ranked.slice(6)].filter((group) => group.length > 0);
  }

  /** How many imports lead from a file to each other file. */
  #reached(start) {
    const distances = new Map([[start, 0]]);
    for (const file of distances.keys()) {
      for (const next of this.#imports.get(file) ?? []) {
        if (!distances.has(next) && this.#imports.has(next)) distances.set(next, distances.get(file) + 1);
      }
    }
    return distances;
  }
}
