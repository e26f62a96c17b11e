// Prints the results of bench/run.mjs as Markdown: node bench/table.mjs [bench/results/FILE.json ...]
import { pathToFileURL } from "node:url";
import { ceilingsLine } from "./ceilings.mjs";
import { machineLine } from "./machine.mjs";
import { opponents } from "./opponents/list.mjs";
import { readResults, resultFiles } from "./results.mjs";
import { flopsPerToken, isTraining, workloads } from "./workloads.mjs";

const number = (value, digits = 3) =>
  value >= 1000 ? Math.round(value).toLocaleString("en") : String(Number(value.toPrecision(digits)));

/** The table of one machine, with what a reader needs to judge it. */
export function markdown({ machine, ceilings, rows }) {
  const lines = [`Machine: ${machineLine(machine)}.`, "", ...(ceilings ? [ceilingsLine(ceilings), ""] : [])];
  const names = Object.keys(workloads).filter((name) => rows.some((row) => row.workload === name));
  for (const name of names) {
    const workload = workloads[name];
    const own = rows.filter((row) => row.workload === name);
    lines.push(
      `**${name}**, ${activity(workload)}, ${workload.title} (${workload.source}); ${number(flopsPerToken(workload) / 1e6)} MFLOP a token.`,
      "",
      "| | tokens/s | GFLOP/s | of the float32 peak | step, ms: median (quartiles) | native is faster by |",
      "|---|---:|---:|---:|---:|---:|",
      ...Object.keys(opponents).flatMap((opponent) =>
        own.filter((row) => row.opponent === opponent).map((row) => tableRow(row, row.ceilings ?? ceilings)),
      ),
      "",
    );
  }
  const used = Object.keys(opponents).filter((name) => rows.some((row) => row.opponent === name && !row.unavailable));
  lines.push(
    "GFLOP/s is effective: 6 x the weights of matrix products x tokens/s in training and 2 x otherwise, whatever the system " +
      "really computes. The last " +
      "column is the median of rounds in which the systems took turns, with the lowest and the highest round.",
    ...used.map((name) => {
      const settings = [...new Set(rows.filter((row) => row.opponent === name).map((row) => row.settings))].join("; ");
      const { title, note } = opponents[name];
      return `- ${title}: ${settings}${note ? `. ${note}` : ""}.`;
    }),
  );
  return lines.join("\n");
}

function activity(workload) {
  if (isTraining(workload)) return "training";
  return { writing: "writing", search: "searching" }[workload.kind] ?? "forward pass";
}

function tableRow(row, ceilings) {
  const { title } = opponents[row.opponent];
  if (row.unavailable) return `| ${title} | not measured: ${row.unavailable.replaceAll("|", "/")} | | | | |`;
  const { milliseconds, tokensPerSecond, gigaflops, nativeIsFaster, window, workload } = row;
  const short = window === workloads[workload].T ? "" : ` (window ${window})`;
  const step = `${number(milliseconds.median)} (${number(milliseconds.lowerQuartile)} to ${number(milliseconds.upperQuartile)})`;
  const ratio = nativeIsFaster
    ? `${number(nativeIsFaster.median)} x (${number(nativeIsFaster.lowest)} to ${number(nativeIsFaster.highest)})`
    : "";
  const share = ceilings ? `${number((100 * gigaflops) / ceilings.fmaGflops)} %` : "";
  return `| ${title}${short} | ${number(tokensPerSecond)} | ${number(gigaflops)} | ${share} | ${step} | ${ratio} |`;
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) {
  const files = process.argv.length > 2 ? process.argv.slice(2) : resultFiles();
  if (files.length === 0) {
    process.stderr.write("There are no results yet: npm run bench -- --workload W1\n");
    process.exitCode = 1;
  }
  for (const file of files) process.stdout.write(`${markdown(readResults(file))}\n`);
}
