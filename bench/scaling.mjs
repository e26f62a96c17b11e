// How speed changes with each size of the work: node bench/scaling.mjs [SECONDS [PICTURE.svg]]. Starts from W1's layers on
// a small vocabulary and changes one size at a time; SECONDS for each point (default 1).
import { writeFileSync } from "node:fs";
import { measureCeilings } from "./ceilings.mjs";
import { describeMachine, machineLine } from "./machine.mjs";
import { allThreads } from "./opponents/list.mjs";
import { median } from "./statistics.mjs";
import { executorOf, trainingStep } from "./step.mjs";
import { flopsPerToken } from "./workloads.mjs";

const base = { kind: "language model", V: 65, E: 512, H: 512, layers: 2, B: 64, T: 64 };
const curves = {
  "hidden size": [32, 64, 128, 256, 512, 1024].map((H) => ({ at: H, ...base, E: H, H })),
  batch: [1, 2, 4, 8, 16, 32, 64, 128].map((B) => ({ at: B, ...base, B })),
  "time steps": [1, 4, 16, 64, 256].map((T) => ({ at: T, ...base, T })),
  vocabulary: [64, 256, 1024, 4096, 16_384].map((V) => ({ at: V, ...base, B: 20, T: 35, V })),
  threads: Array.from({ length: allThreads }, (_, i) => ({ at: i + 1, ...base, threads: i + 1 })),
};
const kinds = { native: "highest", "native-high": "high", "native-medium": "medium" };
const colours = { native: "#4269d0", "native-high": "#efb118", "native-medium": "#ff725c" };

const seconds = Number(process.argv[2] ?? 1);
const picture = process.argv[3];
if (!(seconds > 0)) {
  process.stderr.write("node bench/scaling.mjs [SECONDS [PICTURE.svg]]\n");
  process.exit(1);
}

/** GFLOP/s of one point. */
async function measure(executor, sizes) {
  const step = await trainingStep(executor, sizes, sizes.T);
  await step();
  const times = [];
  const end = performance.now() + 1000 * seconds;
  do {
    const start = performance.now();
    await step();
    times.push(performance.now() - start);
  } while (performance.now() < end || times.length < 3);
  return (flopsPerToken(sizes) * sizes.B * sizes.T) / (1e6 * median(times));
}

/** One panel for each curve: GFLOP/s over the size, both on logarithmic axes. */
function svg(results, { fmaGflops }) {
  const [width, height, margin] = [240, 190, 36];
  const logs = results.flatMap(({ points }) => points.flatMap(({ speeds }) => Object.values(speeds))).map(Math.log10);
  const [low, high] = [Math.floor(Math.min(...logs)), Math.ceil(Math.max(...logs))];
  const y = (value) => height - margin - ((Math.log10(value) - low) / (high - low)) * (height - 2 * margin);
  const panels = results.map(({ name, points }, column) => {
    const [first, last] = [points[0].at, points.at(-1).at].map(Math.log2);
    const x = (at) => margin + ((Math.log2(at) - first) / (last - first || 1)) * (width - 1.5 * margin);
    const lines = Object.keys(kinds).map((kind) => {
      const path = points.map(({ at, speeds }) => `${x(at).toFixed(1)},${y(speeds[kind]).toFixed(1)}`).join(" ");
      return `<polyline points="${path}" fill="none" stroke="${colours[kind]}" stroke-width="2"/>`;
    });
    const ticks = points.map(
      ({ at }) => `<text x="${x(at).toFixed(1)}" y="${height - 20}" text-anchor="middle">${at}</text>`,
    );
    const grid = Array.from({ length: high - low + 1 }, (_, i) => {
      const at = y(10 ** (low + i)).toFixed(1);
      const label =
        column === 0 ? `<text x="${margin - 4}" y="${at}" dy="3" text-anchor="end">${10 ** (low + i)}</text>` : "";
      return `<line x1="${margin}" x2="${width - 8}" y1="${at}" y2="${at}" stroke="#ddd"/>${label}`;
    });
    const peak = y(fmaGflops).toFixed(1);
    return (
      `<g transform="translate(${column * width} 0)">${grid.join("")}` +
      `<line x1="${margin}" x2="${width - 8}" y1="${peak}" y2="${peak}" stroke="#888" stroke-dasharray="4 3"/>` +
      `${lines.join("")}${ticks.join("")}<text x="${width / 2}" y="${height - 5}" text-anchor="middle">${name}</text></g>`
    );
  });
  const legend = Object.entries(kinds).map(
    ([kind, name], i) => `<text x="${margin + 70 * i}" y="14" fill="${colours[kind]}">${name}</text>`,
  );
  return (
    `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 ${width * results.length} ${height}" font-family="sans-serif" font-size="9">` +
    `<rect width="100%" height="100%" fill="#fff"/>${legend.join("")}` +
    `<text x="${margin + 220}" y="14">GFLOP/s of a training step; dashed: float32 peak</text>${panels.join("")}</svg>\n`
  );
}

const { nativeInfo, setThreads } = await import("../dist/executor/native.js");
const { medium } = nativeInfo().gemm;
process.stdout.write(`${machineLine(describeMachine())}; bfloat16: ${medium ?? "none"}\n`);
const results = [];
for (const [name, points] of Object.entries(curves)) {
  process.stdout.write(`\n| ${name} | ${Object.values(kinds).join(" | ")} |\n|---:|${"---:|".repeat(3)}\n`);
  const measured = [];
  for (const { at, threads = allThreads, ...sizes } of points) {
    setThreads(threads);
    const speeds = {};
    for (const kind of Object.keys(kinds)) speeds[kind] = await measure((await executorOf(kind)).executor, sizes);
    measured.push({ at, speeds });
    const cells = Object.values(speeds).map((speed) => Math.round(speed).toLocaleString("en"));
    process.stdout.write(`| ${at.toLocaleString("en")} | ${cells.join(" | ")} |\n`);
  }
  results.push({ name, points: measured });
}
process.stdout.write("\nGFLOP/s of a whole training step: 6 x the weights of matrix products x tokens/s.\n");
if (picture) writeFileSync(picture, svg(results, measureCeilings(allThreads)));
