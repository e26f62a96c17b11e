import { fileURLToPath } from "node:url";
import { parseArgs } from "node:util";
import { measureCeilings } from "./ceilings.mjs";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { allThreads, fastPyTorch } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";

/**
 * A contestant: `round(seconds)` resolves with the seconds of a step, the least of them.
 *
 * @typedef {{ title: string, round: (seconds: number) => Promise<number>, stop: () => void }} Contestant
 */

/** The settings of a command line: [SECONDS [ROUNDS]] [--python PATH]. Ends the process where it says something else. */
export function turnsFrom(script, { seconds, rounds }) {
  try {
    const options = { python: { type: "string", default: "/usr/bin/python3" } };
    const { values, positionals } = parseArgs({ options, allowPositionals: true });
    const [duration = seconds, count = rounds] = positionals.map(Number);
    if (duration > 0 && count >= 1) return { seconds: duration, rounds: count, python: values.python };
  } catch {
    // The usage says it.
  }
  process.stderr.write(`node bench/${script} [SECONDS [ROUNDS]] [--python PATH, one with torch]\n`);
  process.exit(1);
}

/** A contestant in this process. @param {() => Promise<unknown>} step @returns {Contestant} */
export function here(step) {
  const round = async (seconds) => {
    const end = performance.now() + 1000 * seconds;
    let least = Number.POSITIVE_INFINITY;
    while (performance.now() < end) {
      const start = performance.now();
      await step();
      least = Math.min(least, performance.now() - start);
    }
    return least / 1000;
  };
  return { title: "Ostinato, native", round, stop: () => {} };
}

/** PyTorch, by a script of bench/opponents that speaks as serve.py does. @returns {Promise<Contestant>} */
export async function pytorch(python, script, sizes) {
  const child = new OpponentProcess({
    command: python,
    arguments: [
      fileURLToPath(new URL(`opponents/${script}`, import.meta.url)),
      JSON.stringify({ ...sizes, threads: allThreads }),
    ],
    environment: fastPyTorch(allThreads),
  });
  const { settings: title } = await child.ready();
  return { title, round: async (seconds) => (await child.round(seconds)).secondsPerStep, stop: () => child.stop() };
}

/** Says which machine this is, and what it can do at best. @returns GFLOP/s */
export function printMachine(settings) {
  process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n${busyWarning() ?? ""}\n`);
  return measureCeilings(allThreads).fmaGflops;
}

/**
 * Lets contestants take turns.
 *
 * @param {readonly (() => Promise<Contestant>)[]} makers one that cannot be had is left out, with a word.
 * @returns {Promise<{ title: string, least: number }[]>} the least seconds of each
 */
export async function leastOfTurns(makers, { seconds, rounds }) {
  const contestants = [];
  for (const make of makers) {
    try {
      contestants.push({ ...(await make()), least: Number.POSITIVE_INFINITY });
    } catch (error) {
      process.stdout.write(`not measured: ${error.message}\n`);
    }
  }
  for (let i = 0; i < rounds; i++) {
    for (const one of contestants) one.least = Math.min(one.least, await one.round(seconds));
  }
  for (const { stop } of contestants) stop();
  return contestants;
}

/** Lets contestants take turns, and prints a line for each. */
export async function takeTurns(makers, { title, gflop, peak, ...turns }) {
  const contestants = await leastOfTurns(makers, turns);
  process.stdout.write(`${title}: ${gflop.toFixed(2)} GFLOP a step; peak ${peak} GFLOP/s\n`);
  for (const { title: name, least } of contestants) {
    const [milliseconds, rate] = [(1000 * least).toFixed(2).padStart(9), gflop / least];
    const share = ((100 * rate) / peak).toFixed(0).padStart(3);
    process.stdout.write(
      `${milliseconds} ms  ${rate.toFixed(1).padStart(7)} GFLOP/s  ${share} % of the peak  ${name}\n`,
    );
  }
}
