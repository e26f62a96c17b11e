// Random mutants of lib: does a test notice? node scripts/mutants.mjs --help
import { readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { builtFrom, Compiler } from "./mutants/compiler.mjs";
import { difference } from "./mutants/difference.mjs";
import { tryEvery } from "./mutants/every.mjs";
import { Guards } from "./mutants/guards.mjs";
import { mutantsOf } from "./mutants/operators.mjs";
import { random } from "./mutants/random.mjs";
import { Reach } from "./mutants/reach.mjs";
import { Tree } from "./mutants/tree.mjs";
import { packJavaScript } from "./pack-js.mjs";

const help = `node scripts/mutants.mjs [options] [--every test/file.test.ts ...]
  --count N       mutants to try (100)
  --seed N        which ones (1)
  --skip N        leave out the first N of them, to go on with a run that was stopped (0)
  --only PATH     a file or folder of lib; may be given several times (lib)
  --seconds N     time for the tests of one mutant (600); one whose tests end in time only without it counts as found
  --threshold N   per cent that tests must find, or the exit code is 1 (90)
  --jobs N        mutants tried at once, each in a copy of its own (1)
  --near          ask only the six nearest test files: quicker, and harder to satisfy
  --list          print the mutants and run nothing
  --every         try every mutant of --only, against the test files that are named, in one process: a minute for a file or two. Mutants
                  that these tests do not run, or only while they load, are counted apart. Tests of more than 3 s are not asked.
  --measure       try no mutants; run every test file once, write down which parts of lib it runs (build/reach.json), and print the
                  parts that no test runs. Half an hour, after which a mutant asks only the tests that run its place.

Changes one place of a copy of the project, checks that it still compiles, and runs the tests that guard the place, nearest first,
until one fails. Prints the mutants that no test notices. Build first: npm run setup.
`;

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    count: { type: "string", default: "100" },
    seed: { type: "string", default: "1" },
    skip: { type: "string", default: "0" },
    only: { type: "string", multiple: true, default: ["lib"] },
    seconds: { type: "string", default: "600" },
    threshold: { type: "string", default: "90" },
    jobs: { type: "string", default: "1" },
    near: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    every: { type: "boolean", default: false },
    measure: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}
if (values.every !== positionals.length > 0) {
  process.stderr.write("Test files are named with --every, and only there.\n");
  process.exit(2);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const [count, seed, skip, seconds, threshold, jobs] = ["count", "seed", "skip", "seconds", "threshold", "jobs"].map(
  (name) => Number(values[name]),
);
const print = (text) => process.stdout.write(`${text}\n`);

/** The files of --only: { path, file }. */
function wanted(compiler) {
  return compiler.files
    .map((path) => ({ path, file: relative(root, path) }))
    .filter(({ file }) => values.only.some((only) => file === only || file.startsWith(`${only.replace(/\/$/, "")}/`)));
}

/** `count` mutants that compile, in the order that the seed gives. */
function chosen(compiler) {
  const candidates = wanted(compiler).flatMap(({ path, file }) =>
    mutantsOf(compiler.sourceFile(path)).map((mutant) => ({ ...mutant, path, file })),
  );
  const next = random(seed);
  const mutants = [];
  while (mutants.length < count && candidates.length > 0) {
    const [mutant] = candidates.splice(Math.floor(next() * candidates.length), 1);
    const source = readFileSync(mutant.path, "utf8");
    const text = source.slice(0, mutant.begin) + mutant.text + source.slice(mutant.end);
    if (compiler.compiles(mutant.path, text)) mutants.push({ ...mutant, source, changed: text });
  }
  return mutants;
}

/** Whether the tests notice a mutant: { found, how }; found is undefined where there was no time to say. Tests that fail without it as well are left out from then on. */
async function tried(mutant, { tree, guards, compiler, broken, sound }) {
  const built = builtFrom(mutant.file);
  let mutated = false;
  const write = async (wanted) => {
    if (wanted === mutated) return;
    mutated = wanted;
    tree.write(mutant.file, wanted ? mutant.changed : mutant.source);
    const plain = () => readFileSync(join(root, built), "utf8");
    tree.write(built, wanted ? compiler.javascript(mutant.path, mutant.changed) : plain());
    await packJavaScript(tree.root);
  };
  try {
    const end = performance.now() + 1000 * seconds;
    const groups = guards.of(compiler.sourceFile(mutant.path), mutant.file, mutant.begin);
    for (let group of values.near ? groups.slice(0, 2) : groups) {
      for (;;) {
        group = group.filter((test) => !broken.has(test));
        if (group.length === 0) break;
        await write(true);
        const left = Math.max(1, (end - performance.now()) / 1000);
        const { result, file, by } = await tree.test(group, left);
        if (result === "passed") break;
        if (result === "failed" && sound.has(file)) return { found: true, how: by };
        await write(false);
        if (result === "late") {
          const clean = await tree.test(group, left);
          if (clean.result === "failed") {
            broken.add(clean.file);
            continue;
          }
          return clean.result === "passed"
            ? { found: true, how: `no end after ${left.toFixed(0)} s` }
            : { how: "no time" };
        }
        if ((await tree.test([file], seconds)).result === "passed") {
          sound.add(file);
          return { found: true, how: by };
        }
        print(`${by} fails without a mutant too: ${file} is left out`);
        broken.add(file);
      }
    }
    return { found: false, how: "" };
  } finally {
    await write(false);
  }
}

/** Measures what every test runs, and prints what none does. */
async function measure() {
  const onTest = (test, took, result) =>
    print(`${test} ${took.toFixed(0)} s${result === "passed" ? "" : `: ${result}`}`);
  await reach.measure(compiler, trees, guards.tests, { seconds, onTest });
  for (const path of compiler.files) {
    const sourceFile = compiler.sourceFile(path);
    for (const { begin, end } of reach.unreached(sourceFile, relative(root, path))) {
      const [first] = sourceFile.text.slice(begin, end).split("\n");
      print(`${relative(root, path)}:${sourceFile.getLineAndCharacterOfPosition(begin).line + 1}: ${first}`);
    }
  }
}

/** Tries every mutant of --only, and prints those that the tests do not notice. */
async function every() {
  const { found, missed, unasked } = await tryEvery(compiler, trees[0], {
    root,
    paths: wanted(compiler).map(({ path }) => path),
    tests: positionals,
    onTest: (test, count) => print(`${test}: ${count} found`),
  });
  for (const [mutants, word] of [
    [missed, "SURVIVES"],
    [unasked, "not asked"],
  ]) {
    for (const mutant of mutants) print(`${mutant.file}:${mutant.line} ${mutant.kind}: ${word}\n${difference(mutant)}`);
  }
  const asked = found + missed.length;
  const percent = asked === 0 ? 100 : (100 * found) / asked;
  print(`\n${found} of ${asked} mutants found (${percent.toFixed(0)} %), ${unasked.length} more were not asked`);
  process.exitCode = percent >= threshold ? 0 : 1;
}

const compiler = new Compiler(root);
const mutants = values.measure || values.every ? [] : chosen(compiler).slice(skip);
if (values.list) {
  for (const mutant of mutants) print(`${mutant.file}:${mutant.line} ${mutant.kind}\n${difference(mutant)}`);
  process.exit(0);
}

const reach = new Reach(root);
const guards = new Guards(root, reach);
const trees = Array.from({ length: jobs }, () => new Tree(root));
const stop = () => {
  for (const tree of trees) tree.remove();
  process.exit(130);
};
process.once("SIGINT", stop).once("SIGTERM", stop);
if (values.measure || values.every) {
  try {
    await (values.every ? every() : measure());
  } finally {
    for (const tree of trees) tree.remove();
  }
  process.exit();
}
const survivors = [];
let [found, undecided] = [0, 0];
try {
  const context = { compiler, guards, broken: new Set(), sound: new Set() };
  const waiting = mutants.entries();
  await Promise.all(
    trees.map(async (tree) => {
      // One iterator for all of them: each takes the next mutant that nobody has.
      for (const [i, mutant] of waiting) {
        const outcome = await tried(mutant, { ...context, tree });
        if (outcome.found) found++;
        else if (outcome.found === false) survivors.push(mutant);
        else undecided++;
        print(`${skip + i + 1}/${count} ${mutant.file}:${mutant.line} ${mutant.kind}: ${outcome.how || "SURVIVES"}`);
        if (outcome.found === false) print(difference(mutant));
      }
    }),
  );
} finally {
  for (const tree of trees) tree.remove();
}

const decided = mutants.length - undecided;
const percent = decided === 0 ? 100 : (100 * found) / decided;
print(`\n${found} of ${decided} mutants found (${percent.toFixed(0)} %), seed ${seed}`);
if (undecided > 0) print(`${undecided} more without enough time: raise --seconds.`);
for (const mutant of survivors) print(`  ${mutant.file}:${mutant.line} ${mutant.kind}\n${difference(mutant)}`);
process.exitCode = percent >= threshold ? 0 : 1;
