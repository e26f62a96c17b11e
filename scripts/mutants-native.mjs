// Random mutants of native: does a test notice? node scripts/mutants-native.mjs --help
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { difference } from "./mutants/difference.mjs";
import { mutantsOf, runsHere } from "./mutants/nativeOperators.mjs";
import { NativeTree } from "./mutants/nativeTree.mjs";
import { random } from "./mutants/random.mjs";

const help = `node scripts/mutants-native.mjs [options]
  --count N       mutants to try (40)
  --seed N        which ones (1)
  --only PATH     a file or folder of native; may be given several times (native)
  --seconds N     time for one test; one that takes longer counts as found (120)
  --threshold N   per cent that tests must find, or the exit code is 1 (80)
  --cpp           ask the C++ tests alone
  --list          print the mutants and run nothing

Changes one place of a copy of the project and compiles it. Runs the C++ tests, those of the file's name first, until one fails; if
none does, builds the addon and runs the TypeScript tests that compute with it. Prints the mutants that no test notices.
Code that this machine cannot run is left alone. Needs CMake, doctest and npm run setup; ccache makes it faster.
`;

const { values } = parseArgs({
  options: {
    count: { type: "string", default: "40" },
    seed: { type: "string", default: "1" },
    only: { type: "string", multiple: true, default: ["native"] },
    seconds: { type: "string", default: "120" },
    threshold: { type: "string", default: "80" },
    cpp: { type: "boolean", default: false },
    list: { type: "boolean", default: false },
    help: { type: "boolean", default: false },
  },
});
if (values.help) {
  process.stdout.write(help);
  process.exit(0);
}

const root = fileURLToPath(new URL("..", import.meta.url));
const [count, seed, seconds, threshold] = ["count", "seed", "seconds", "threshold"].map((name) => Number(values[name]));
const print = (text) => process.stdout.write(`${text}\n`);

/** All mutants of the chosen files, in the order that the seed gives. */
function* shuffled() {
  const candidates = readdirSync(join(root, "native"), { recursive: true })
    .map((entry) => join("native", entry))
    .filter((file) => /\.(cc|h)$/.test(file) && runsHere(file))
    .filter((file) => values.only.some((only) => file === only || file.startsWith(`${only.replace(/\/$/, "")}/`)))
    .sort()
    .flatMap((file) => {
      const source = readFileSync(join(root, file), "utf8");
      return mutantsOf(source).map(({ begin, end, text, ...mutant }) => ({
        ...mutant,
        file,
        source,
        changed: source.slice(0, begin) + text + source.slice(end),
      }));
    });
  const next = random(seed);
  while (candidates.length > 0) yield candidates.splice(Math.floor(next() * candidates.length), 1)[0];
}

if (values.list) {
  let listed = 0;
  for (const mutant of shuffled()) {
    if (listed++ === count) break;
    print(`${mutant.file}:${mutant.line} ${mutant.kind}\n${difference(mutant)}`);
  }
  process.exit(0);
}

const tree = new NativeTree(root, { seconds });
const stop = () => {
  tree.remove();
  process.exit(130);
};
process.once("SIGINT", stop).once("SIGTERM", stop);
const survivors = [];
let [tried, found] = [0, 0];
try {
  print("building the tests as they are ...");
  await tree.prepare({ addon: !values.cpp });
  for (const mutant of shuffled()) {
    if (tried === count) break;
    const how = await tree.noticed(mutant);
    if (how === "does not compile") continue;
    tried++;
    if (how !== null) found++;
    else survivors.push(mutant);
    print(`${tried}/${count} ${mutant.file}:${mutant.line} ${mutant.kind}: ${how ?? "SURVIVES"}`);
    if (how === null) print(difference(mutant));
  }
} finally {
  tree.remove();
}

const percent = tried === 0 ? 100 : (100 * found) / tried;
print(`\n${found} of ${tried} mutants found (${percent.toFixed(0)} %), seed ${seed}`);
for (const mutant of survivors) print(`  ${mutant.file}:${mutant.line} ${mutant.kind}\n${difference(mutant)}`);
process.exitCode = percent >= threshold ? 0 : 1;
