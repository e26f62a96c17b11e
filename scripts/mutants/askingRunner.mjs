// Vitest's runner that asks each test of every mutant whose place the test passes, one after the other in one process.
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import { Worker } from "node:worker_threads";
import { TestRunner } from "vitest";

const { mutants: state } = globalThis;
const { OSTINATO_MUTANTS: tablePath, OSTINATO_MUTANT_LOG: logPath } = process.env;
// Tests may put clocks of their own in the place of these.
const now = performance.now.bind(performance);
const [later, cancel] = [setTimeout, clearTimeout];

/** Slower tests are not asked. */
const longest = 3000;
/** As many tests that notice nothing are enough. */
const mostTests = 40;

/** Findings of the processes before this one, and of the tests before this test. */
class Record {
  found = new Set();
  missed = new Map();
  ended = new Set();

  constructor(path) {
    if (!existsSync(path)) return;
    for (const line of readFileSync(path, "utf8").split("\n")) {
      const [word, test, id] = line.split("\t");
      this.#take(word, test, Number(id));
    }
  }

  write(word, test, id = -1) {
    appendFileSync(logPath, `${word}\t${test}\t${id}\n`);
    this.#take(word, test, id);
  }

  isOpen(test, id) {
    const tests = this.missed.get(id);
    return !this.found.has(id) && !(tests?.has(test) || tests?.size >= mostTests);
  }

  #take(word, test, id) {
    if (word === "found") this.found.add(id);
    else if (word === "missed") this.missed.set(id, (this.missed.get(id) ?? new Set()).add(test));
    else if (word === "ended") this.ended.add(test);
  }
}

/** Ends the process when one mutant takes too long, or the memory of the machine. */
const watchman = `
  const { workerData, parentPort } = require("node:worker_threads");
  let [round, since] = [0, Date.now()];
  setInterval(() => {
    const current = Atomics.load(workerData, 0);
    if (current !== round) [round, since] = [current, Date.now()];
    const isLate = current > 0 && Date.now() - since > 60_000;
    if (isLate || process.memoryUsage.rss() > 4e9) process.kill(process.pid, "SIGKILL");
  }, 500);
`;

export default class AskingRunner extends TestRunner {
  #record = new Record(logPath);
  #idsOf = new Map();
  #rounds = new Int32Array(new SharedArrayBuffer(4));

  constructor(config) {
    super(config);
    for (const [id, place] of JSON.parse(readFileSync(tablePath, "utf8")))
      this.#idsOf.set(place, [...(this.#idsOf.get(place) ?? []), id]);
    new Worker(watchman, { eval: true, workerData: this.#rounds }).unref();
  }

  async runTask(task) {
    const run = TestRunner.getTestFn(task);
    const test = `${task.file.name} > ${task.name}`;
    state.seen.fill(0);
    state.passed = 0;
    const begin = now();
    await run();
    const took = now() - begin;
    if (took > longest || this.#record.ended.has(test)) return;
    const most = 20 * state.passed + 100_000;
    const ids = [...this.#idsOf].flatMap(([place, all]) => (state.seen[place] ? all : []));
    const open = ids.filter((id) => this.#record.isOpen(test, id));
    if (open.length > 0 && !(await ends(run))) return this.#leave("unrepeatable", test);
    for (const id of open) {
      Atomics.add(this.#rounds, 0, 1);
      this.#record.write("asks", test, id);
      const result = await this.#tried(run, { id, most, milliseconds: 3000 + 10 * took });
      this.#record.write(result === "passed" ? "missed" : "found", test, id);
      // Damage that a mutant has done would be counted against the next one.
      if (result === "late" || (result === "failed" && !(await ends(run)))) die();
    }
    Atomics.store(this.#rounds, 0, 0);
    this.#record.write("ended", test);
  }

  async #tried(run, { id, most, milliseconds }) {
    Object.assign(state, { active: id, passed: 0, most });
    let timer;
    const late = new Promise((resolve) => {
      timer = later(resolve, milliseconds, "late");
    });
    const result = await Promise.race([late, ends(run).then((passes) => (passes ? "passed" : "failed"))]);
    cancel(timer);
    Object.assign(state, { active: -1, most: Number.POSITIVE_INFINITY });
    return result;
  }

  #leave(word, test) {
    this.#record.write(word, test);
    this.#record.write("ended", test);
    die();
  }
}

/** Ends the process at once: Vitest makes an error of process.exit, and would go on with the next test. */
function die() {
  process.kill(process.pid, "SIGKILL");
}

async function ends(run) {
  try {
    await run();
    return true;
  } catch {
    return false;
  }
}
