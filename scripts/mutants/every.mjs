// Every mutant of some files against some tests: the tests run in one process, in which the mutants hold one after the other.
import { existsSync, readFileSync, rmSync } from "node:fs";
import { join, relative } from "node:path";
import { pathToFileURL } from "node:url";
import { mutantsOf } from "./operators.mjs";
import { switched } from "./switches.mjs";

const config = `import { defineConfig } from "vitest/config";
export default defineConfig({
  test: {
    include: ["test/**/*.test.ts"], runner: "./scripts/mutants/askingRunner.mjs",
    // All mutants are asked within one test.
    pool: "forks", testTimeout: 86_400_000, hookTimeout: 600_000,
  },
});
`;

/**
 * Tries every mutant of files of lib; the tree is not to be used for anything else afterwards.
 * @param onTest is called after each test file with its name, and how many mutants have been found
 * @returns mutants that compile: { found, missed, unasked }; tests do not run the unasked ones, or only while they load
 */
export async function tryEvery(compiler, tree, { root, paths, tests, onTest }) {
  const mutants = [];
  const placeOf = new Map();
  for (const path of paths) {
    const file = relative(root, path);
    const sourceFile = compiler.sourceFile(path);
    const source = sourceFile.text;
    const own = mutantsOf(sourceFile).map((mutant, i) => {
      const changed = source.slice(0, mutant.begin) + mutant.text + source.slice(mutant.end);
      return { ...mutant, id: mutants.length + i, path, file, source, changed };
    });
    mutants.push(...own);
    const { text, places } = switched(sourceFile, own, placeOf.size);
    for (const [id, place] of places) placeOf.set(id, place);
    tree.write(file, text);
  }
  const [table, log] = [join(tree.root, "mutants.json"), join(tree.root, "mutants.log")];
  tree.write("mutants.json", JSON.stringify([...placeOf]));
  tree.write("vitest.config.ts", config);
  const env = {
    OSTINATO_MUTANTS: table,
    OSTINATO_MUTANT_LOG: log,
    OSTINATO_MUTANT_PLACES: String(placeOf.size),
    NODE_OPTIONS: `--import ${pathToFileURL(join(tree.root, "scripts/mutants/switchboard.mjs"))} --max-old-space-size=3000`,
  };
  for (const test of tests) {
    // A process that a mutant has spoilt or ended makes room for another, which goes on after it.
    for (let [before, now] = [-1, 0]; before !== now; ) {
      before = now;
      await tree.test([test], 86_400, env);
      now = settle(tree, log);
    }
    onTest(test, idsOf("found", log).size);
  }
  const [found, missed] = [idsOf("found", log), idsOf("missed", log)];
  const rest = mutants.filter(({ id, path, changed }) => !found.has(id) && compiler.compiles(path, changed));
  rmSync(log, { force: true });
  return {
    found: found.size,
    missed: rest.filter(({ id }) => missed.has(id)),
    unasked: rest.filter(({ id }) => !missed.has(id)),
  };
}

const linesOf = (log) => (existsSync(log) ? readFileSync(log, "utf8").trimEnd().split("\n") : []);

function idsOf(word, log) {
  const rows = linesOf(log).map((line) => line.split("\t"));
  return new Set(rows.filter(([first]) => first === word).map(([, , id]) => Number(id)));
}

/** A mutant that was asked when the process ended has ended it. @returns how many lines there are. */
function settle(tree, log) {
  const lines = linesOf(log);
  const [word, ...what] = lines.at(-1)?.split("\t") ?? [];
  if (word === "asks")
    tree.write(relative(tree.root, log), `${[...lines, ["found", ...what].join("\t")].join("\n")}\n`);
  return lines.length;
}
