/**
 * Feeds altered files to the readers: node test/fuzz/run.mjs --mutants 100000 --seed 1
 *
 * No mutant may end the process by a signal, take more than two seconds or a gigabyte, or raise an error that is none of ours. One
 * that does is written to the folder of cases, which each run tries first.
 *
 *   --mutants <n>    mutants to try (default: 2000)
 *   --from <n>       number of the first one (default: 0)
 *   --seed <n>       another seed makes other mutants (default: 1)
 *   --seconds <n>    stop after so long (default: never)
 *   --memory <bytes> most that a mutant may take (default: 1e9)
 *   --patience <ms>  longest that a mutant may wait for something (default: 10000)
 *   --keep <folder>  folder for mutants that fail (default: test/fuzz/cases)
 *   --exercise <file>  module whose `exercise` tries a mutant (default: test/fuzz/exercise.mjs)
 *
 * Ends with 0 if all is well, 1 if a mutant failed. Needs the compiled library: npm run setup.
 */
import { fork } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { parseArgs } from "node:util";
import { casesFolder, keepCase, keptCases, packFiles } from "./cases.mjs";
import { mutantOf } from "./mutants.mjs";
import { makeSeeds } from "./seeds.mjs";

/** Milliseconds of the processor that a mutant may take. */
const longest = 2000;
/** Mutants that one process tries, so that what it gathers does not count as a mutant's. */
const perWorker = 2000;

const { values } = parseArgs({
  options: {
    mutants: { type: "string", default: "2000" },
    from: { type: "string", default: "0" },
    seed: { type: "string", default: "1" },
    memory: { type: "string", default: "1e9" },
    patience: { type: "string", default: "10000" },
    seconds: { type: "string", default: "Infinity" },
    keep: { type: "string", default: casesFolder },
    exercise: { type: "string", default: join(import.meta.dirname, "exercise.mjs") },
  },
});
const [mutants, from, seed, seconds] = [values.mutants, values.from, values.seed, values.seconds].map(Number);

const seeds = await makeSeeds();
const folder = mkdtempSync(join(tmpdir(), "ostinato-fuzz-seeds-"));
const seedsFile = join(folder, "seeds.json");
const packed = [...seeds].map(([name, { files }]) => [name, { files: packFiles(files) }]);
writeFileSync(seedsFile, JSON.stringify(packed));

let worker = null;
let tried = 0;

async function started() {
  if (worker && tried < perWorker) return worker;
  stop();
  tried = 0;
  const flags = ["--max-old-space-size=700"];
  const words = [values.exercise, String(seed), seedsFile, values.memory];
  worker = fork(join(import.meta.dirname, "worker.mjs"), words, {
    execArgv: flags,
    stdio: ["ignore", "ignore", "pipe", "ipc"],
  });
  worker.errors = "";
  worker.stderr.on("data", (text) => {
    worker && (worker.errors = (worker.errors + text).slice(-2000));
  });
  await answerOf(worker, { processor: 60_000, clock: 60_000 });
  return worker;
}

function stop() {
  worker?.kill("SIGKILL");
  worker = null;
}

/** The next message of a worker; how it ended, or that it did not answer in time. */
function answerOf(child, { processor, clock }) {
  return new Promise((resolve) => {
    const [begun, before] = [performance.now(), processorTime(child.pid)];
    const look = () => {
      const [passed, spent] = [performance.now() - begun, processorTime(child.pid) - before];
      const over = spent > processor ? `${processor} ms of the processor` : passed > clock ? `${clock} ms` : null;
      if (over) done({ failures: [`no answer after ${over}`], spent: true });
    };
    const timer = setInterval(look, 250);
    const done = (answer) => {
      clearInterval(timer);
      child.off("message", done).off("exit", ended);
      resolve(answer);
    };
    const ended = (code, signal) =>
      done({ failures: [`the process ended by ${signal ?? `exit code ${code}`}: ${child.errors}`], spent: true });
    child.on("message", done).on("exit", ended);
  });
}

/** Milliseconds of the processor that a process has had; by the clock where the system does not say. */
function processorTime(pid) {
  try {
    const [, fields] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, "utf8"));
    const [user, system] = fields.split(" ").slice(11, 13).map(Number);
    return (user + system) * 10;
  } catch {
    return performance.now();
  }
}

async function attempt(message) {
  const child = await started();
  tried++;
  child.send(message);
  const answer = await answerOf(child, { processor: longest, clock: Number(values.patience) });
  if (answer.spent) stop();
  return answer.failures;
}

/** The fault that a mutant shows. Time and memory are asked for twice: another program may have taken them. */
async function failuresOf(message) {
  const failures = await attempt(message);
  if (failures.length === 0) return failures;
  stop();
  return attempt(message);
}

let failed = 0;
for (const { name, mutant } of keptCases()) {
  const failures = await failuresOf({ mutant });
  if (failures.length === 0) continue;
  failed++;
  process.stdout.write(`case ${name}: ${failures.join("\n")}\n`);
}

const begun = performance.now();
const elapsed = () => (performance.now() - begun) / 1000;
let number = from;
for (; number < from + mutants && elapsed() < seconds; number++) {
  const failures = await failuresOf({ number });
  if (failures.length > 0) {
    failed++;
    const file = keepCase(values.keep, `${seed}-${number}`, mutantOf(seeds, { seed, number }), failures);
    process.stdout.write(`mutant ${number}: ${failures.join("\n")}\n  kept as ${file}\n`);
  }
  if ((number + 1) % 1000 === 0)
    process.stderr.write(`${number + 1} mutants, ${failed} failed, ${elapsed().toFixed(0)} s\n`);
}
stop();
rmSync(folder, { recursive: true });
process.stdout.write(`${number - from} mutants of seed ${seed} in ${elapsed().toFixed(0)} s, ${failed} failed\n`);
process.exit(failed > 0 ? 1 : 0);
