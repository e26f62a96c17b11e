// Do two builds of the addon compute equally fast? In turns, in changing order; each build is a folder as OSTINATO_PREBUILD takes it, with
// build/Release or prebuilds in it: node bench/binaries.mjs gcc=. clang=build-prebuilds/linux-x64
import { resolve } from "node:path";
import { parseArgs } from "node:util";
import { busyWarning, describeMachine, machineLine } from "./machine.mjs";
import { allThreads, opponents } from "./opponents/list.mjs";
import { OpponentProcess } from "./opponents/process.mjs";
import { median } from "./statistics.mjs";
import { workloads } from "./workloads.mjs";

const usage = `node bench/binaries.mjs NAME=FOLDER NAME=FOLDER [--workload W1,W2] [--precision native,native-medium] [--seconds 3] [--rounds 5]\n`;

function settings() {
  const { values, positionals } = parseArgs({
    options: {
      workload: { type: "string", default: "W1,W2,W5,W5b,W7" },
      precision: { type: "string", default: "native,native-medium" },
      seconds: { type: "string", default: "3" },
      rounds: { type: "string", default: "5" },
    },
    allowPositionals: true,
  });
  const builds = positionals.map((text) => {
    const [name, folder] = text.split("=");
    if (!folder) throw new Error(`expected NAME=FOLDER, got "${text}"\n${usage}`);
    return { name, folder: resolve(folder) };
  });
  if (builds.length < 2) throw new Error(usage);
  return {
    builds,
    names: values.workload.split(","),
    precisions: values.precision.split(","),
    seconds: Number(values.seconds),
    rounds: Number(values.rounds),
  };
}

/** Medians of milliseconds a step, and the least, by build. */
async function compare(workload, precision, { builds, seconds, rounds }) {
  const { T } = workloads[workload];
  const contestants = builds.map(({ name, folder }) => {
    const start = opponents[precision].start({ workload, T, threads: allThreads, python: "" });
    return {
      name,
      process: new OpponentProcess({ ...start, environment: { ...start.environment, OSTINATO_PREBUILD: folder } }),
      times: [],
    };
  });
  try {
    for (const { process } of contestants) await process.ready();
    for (let round = 0; round < rounds; round++) {
      const order = round % 2 === 0 ? contestants : contestants.toReversed();
      for (const { process, times } of order) times.push(...(await process.round(seconds)).milliseconds);
    }
  } finally {
    for (const { process } of contestants) process.stop();
  }
  return contestants.map(({ name, times }) => ({ name, least: Math.min(...times), median: median(times) }));
}

try {
  const options = settings();
  process.stdout.write(`${machineLine(describeMachine())}\n${busyWarning() ?? ""}\n`);
  process.stdout.write("workload  precision       build     ms a step: median   least   of the first build's\n");
  for (const workload of options.names) {
    for (const precision of options.precisions) {
      if (!(opponents[precision].does?.(workloads[workload]) ?? true)) continue;
      const rows = await compare(workload, precision, options);
      for (const { name, median: middle, least } of rows) {
        const shares = `${(middle / rows[0].median).toFixed(3)} ${(least / rows[0].least).toFixed(3)}`;
        process.stdout.write(
          `${workload.padEnd(9)} ${precision.padEnd(15)} ${name.padEnd(9)} ${middle.toFixed(3).padStart(17)} ${least.toFixed(3).padStart(7)}   ${shares}\n`,
        );
      }
    }
  }
} catch (error) {
  process.stderr.write(`${error.message}\n`);
  process.exit(1);
}
