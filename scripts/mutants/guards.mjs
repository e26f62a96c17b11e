// Which tests guard a file of lib: those that reach it by their imports, first those that a person would ask.
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
  #imports = new Map();
  #tests = new Map();

  constructor(root) {
    this.#root = root;
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

  /** Tests that reach a file, in groups to be run one after the other until one fails: the nearest two, the next four, the rest. */
  of(file) {
    const ranked = [...this.#tests.keys()]
      .filter((test) => this.#tests.get(test).distances.has(file))
      .map((test) => ({ test, nearness: this.#nearness(test, file) }))
      .sort((a, b) => b.nearness - a.nearness || (a.test < b.test ? -1 : 1))
      .map(({ test }) => test);
    return [ranked.slice(0, 2), ranked.slice(2, 6), ranked.slice(6)].filter((group) => group.length > 0);
  }

  /** How near a test is to a file: by the words that their paths share, how often the test names it, and the imports between. */
  #nearness(test, file) {
    const { words, text, distances } = this.#tests.get(test);
    const shared = [...wordsOf(file)].filter((word) => words.has(word)).length;
    const name = basename(file, ".ts")
      .replace(/s$/, "")
      .replace(/(?<=.)[A-Z]/g, "[ -]?$&");
    const mentions = text.match(new RegExp(`\\b${name}`, "gi"))?.length ?? 0;
    return 1.5 * shared + Math.log2(1 + mentions) - distances.get(file) / 2;
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
