// How many tokens a second, training and writing, against other systems? See bench/README.md.
import { existsSync } from "node:fs";
import { parseArgs } from "node:util";
import { ceilingsLine, measureCeilings } from "./ceilings.mjs";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { measure } from "./measure.mjs";
import { allThreads, opponents } from "./opponents/list.mjs";
import { keepResults } from "./results.mjs";
import { markdown } from "./table.mjs";
import { workloads } from "./workloads.mjs";

const usage = `npm run bench -- [options]

  --workload W1,W2     which work (${Object.keys(workloads).join(", ")}); default W1,W2
  --opponents LIST     against what (${Object.keys(opponents).join(", ")}); native always runs; default: all
  --seconds N          for each opponent and workload; default 30
  --rounds N           turns that the time is cut into; default 5
  --threads N          default: all cores (${allThreads})
  --full               whole windows for the slow opponents too (minutes for one step)
  --python PATH        a Python with torch; default /usr/bin/python3
  --short              a tiny work, native and reference only, in seconds: proves that the harness works
`;

/** The command line. @throws Error for an unknown word. */
function readOptions() {
  const { values } = parseArgs({
    options: {
      workload: { type: "string", default: "W1,W2" },
      opponents: { type: "string", default: Object.keys(opponents).join(",") },
      seconds: { type: "string", default: "30" },
      rounds: { type: "string", default: "5" },
      threads: { type: "string", default: String(allThreads) },
      full: { type: "boolean", default: false },
      python: { type: "string", default: "/usr/bin/python3" },
      short: { type: "boolean", default: false },
      help: { type: "boolean", default: false },
    },
  });
  const known = (text, table, option) =>
    text.split(",").map((word) => {
      if (Object.hasOwn(table, word)) return word;
      throw new Error(`--${option}: expected one of ${Object.keys(table).join(", ")}, got "${word}".`);
    });
  const positive = (option) => {
    const value = Number(values[option]);
    if (value > 0 && (option === "seconds" || Number.isInteger(value))) return value;
    throw new Error(`--${option}: expected a number above 0, got "${values[option]}".`);
  };
  const common = { threads: positive("threads"), python: values.python, full: values.full, help: values.help };
  if (values.short)
    return { ...common, short: true, workloads: ["tiny"], names: ["native", "reference"], seconds: 1, rounds: 2 };
  return {
    ...common,
    short: false,
    workloads: known(values.workload, workloads, "workload"),
    names: [...new Set(["native", ...known(values.opponents, opponents, "opponents")])],
    seconds: positive("seconds"),
    rounds: positive("rounds"),
  };
}

/** @throws Error if the two executors did not do the same work, or a number is missing. */
function expectSound(rows) {
  const [native, reference] = ["native", "reference"].map((name) => rows.find((row) => row.opponent === name));
  for (const row of [native, reference]) {
    if (row?.unavailable) throw new Error(`${row.opponent}: ${row.unavailable}`);
    if (!(row?.tokensPerSecond > 0)) throw new Error(`${row?.opponent}: no speed was measured.`);
  }
  const difference = Math.abs(native.loss.first - reference.loss.first);
  if (difference < 1e-4) return;
  throw new Error(`the first losses differ: native ${native.loss.first}, reference ${reference.loss.first}.`);
}

async function main() {
  const options = readOptions();
  if (options.help) return process.stdout.write(usage);
  if (!existsSync(new URL("../dist/models/languageModel/languageModel.js", import.meta.url))) {
    throw new Error('the library is not built: run "npm run setup" first.');
  }
  const contestants = (workload) => options.names.filter((name) => opponents[name].does?.(workloads[workload]) ?? true);
  for (const name of new Set(options.workloads.flatMap(contestants))) {
    const { needs, title } = opponents[name];
    if (!needs || existsSync(new URL(`node_modules/${needs}`, import.meta.url))) continue;
    throw new Error(`${title} needs ${needs}: run "npm ci --prefix bench" first, or leave it out with --opponents.`);
  }
  const machine = describeMachine();
  const report = (text) => process.stderr.write(`${text}\n`);
  report(machineLine(machine));
  const warning = busyWarning();
  if (warning && !options.short) report(warning);
  const ceilings = options.short ? null : measureCeilings(options.threads);
  if (ceilings) report(ceilingsLine(ceilings));
  const rows = [];
  for (const workload of options.workloads) {
    rows.push(...(await measure({ ...options, names: contestants(workload), workload, report })));
  }
  if (options.short) expectSound(rows);
  else report(`kept in ${keepResults({ machine, ceilings, rows })}`);
  process.stdout.write(`${markdown({ machine, ceilings, rows })}\n`);
}

try {
  await main();
} catch (error) {
  process.stderr.write(`bench: ${error.message}\n`);
  process.exitCode = 1;
}
