// Which tests guard a place of lib: those that run it, or reach its file by their imports; first those that a person would ask.
import { readdirSync, readFileSync } from "node:fs";
import { basename, dirname, join, relative } from "node:path";
import { entries } from "../pack-js.mjs";

/** Relative imports of a file, what it uses of dist, and the scripts that it names, as paths of lib, test or scripts. */
function importsOf(root, file) {
  const source = readFileSync(join(root, file), "utf8");
  const imported = [...source.matchAll(/(?:from|import)\s*\(?\s*"(\.[^"]+)"/g)].map(([, specifier]) =>
    relative(root, join(root, dirname(file), specifier)).replace(/\.js$/, ".ts"),
  );
  const globbed = [...source.matchAll(/import\.meta\.glob\b.*?"(\.[^"]+)\/\*\.ts"/g)].flatMap(([, folder]) =>
    filesIn(root, relative(root, join(root, dirname(file), folder)), ".ts"),
  );
  const built = [...source.matchAll(/dist\/(?:packed\/)?([\w/]+)\.js/g)].map(
    ([, path]) => `lib/${entries[path] ?? path}.ts`,
  );
  const scripts = [...source.matchAll(/"([\w-]+\.mjs)"/g)].map(([, name]) => `scripts/${name}`);
  return [...new Set([...imported, ...globbed, ...built, ...scripts])].filter((path) =>
    /^(lib|test|scripts)\//.test(path),
  );
}

/** Files of a folder, recursively. */
function filesIn(root, folder, suffix) {
  return readdirSync(join(root, folder), { recursive: true })
    .map((entry) => join(folder, entry))
    .filter((file) => file.endsWith(suffix));
}

/** Words of a path or name, in small letters and in the singular: lib/data/subwords/bytePairs.ts -> data, subword, byte, pair. */
function wordsOf(path) {
  const parts = path.replace(/^(?:lib|test)\//, "").replace(/(?:\.test)?\.ts$/, "");
  return new Set(
    (parts.match(/[A-Z]?[a-z]+|[A-Z]+(?![a-z])/g) ?? []).map((word) => word.toLowerCase().replace(/s$/, "")),
  );
}

export class Guards {
  #root;
  #reach;
  #imports = new Map();
  #tests = new Map();

  /** @param reach holds what was measured of the tests */
  constructor(root, reach) {
    this.#root = root;
    this.#reach = reach;
    const files = [filesIn(root, "lib", ".ts"), filesIn(root, "test", ".ts"), filesIn(root, "scripts", ".mjs")].flat();
    for (const file of files) {
      this.#imports.set(file, importsOf(root, file));
    }
    // Packing and installing take minutes and read no code.
    const tests = [...this.#imports.keys()].filter(
      (file) => /\.test\.ts$/.test(file) && !file.startsWith("test/package/"),
    );
    for (const test of tests) this.#tests.set(test, this.#described(test));
  }

  /** All test files that can be asked. */
  get tests() {
    return [...this.#tests.keys()];
  }

  /**
   * Tests that guard a position of a file, in groups to be run one after the other until one fails: the nearest two, the next four,
   * the next eight, and so on. A slow test comes after a quick one that is a little farther away.
   */
  of(sourceFile, file, position) {
    const measured = this.#reach.testsOf(sourceFile, file, position);
    const ranked = this.tests
      .filter((test) =>
        measured === undefined || this.#reach.seconds(test) === undefined
          ? this.#tests.get(test).distances.has(file)
          : measured.includes(test),
      )
      .map((test) => ({ test, rank: this.#nearness(test, file) - Math.log2(1 + (this.#reach.seconds(test) ?? 0) / 8) }))
      .sort((a, b) => b.rank - a.rank || (a.test < b.test ? -1 : 1))
      .map(({ test }) => test);
    const groups = [];
    for (let [begin, size] = [0, 2]; begin < ranked.length; begin += size, size *= 2)
      groups.push(ranked.slice(begin, begin + size));
    return groups;
  }

  /** How near a test is to a file: by the words that their paths share, how often the test names it, and the imports between. */
  #nearness(test, file) {
    const { words, text, distances } = this.#tests.get(test);
    const shared = [...wordsOf(file)].filter((word) => words.has(word)).length;
    const name = basename(file, ".ts")
      .replace(/s$/, "")
      .replace(/(?<=.)[A-Z]/g, "[ -]?$&");
    const mentions = text.match(new RegExp(`\\b${name}`, "gi"))?.length ?? 0;
    return 1.5 * shared + Math.log2(1 + mentions) - (distances.get(file) ?? 12) / 2;
  }

  /** Words of a test's path, text of it and of what it takes from other files of test, and how far the files are that it reaches. */
  #described(test) {
    const distances = this.#reached(test);
    const files = [...distances.keys()].filter((file) => file.startsWith("test/"));
    const text = files.map((file) => `${file}\n${readFileSync(join(this.#root, file), "utf8")}`).join("\n");
    return { words: wordsOf(test), text, distances };
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
