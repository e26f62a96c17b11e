// 3,000 hourly series forecast two days ahead, eleven quantiles each. node bench/forecasting.mjs [TIMES]
import { Forecaster } from "../dist/index.js";
import { describeMachine, machineLine } from "./machine.mjs";
import { summary } from "./statistics.mjs";
import { executorOf } from "./step.mjs";

const times = Number(process.argv[2] ?? 9);
if (!(times > 0)) {
  process.stderr.write("node bench/forecasting.mjs [TIMES]\n");
  process.exit(1);
}

const count = 3000;
const value = (i, t) => 50 + (i % 97) + 20 * Math.sin((2 * Math.PI * (t + i)) / 24) + Math.sin(t * t + i);
const series = Array.from({ length: count }, (_, i) => ({
  name: `series ${i}`,
  values: Float64Array.from({ length: 720 }, (_, t) => value(i, t)),
}));
const { executor, settings } = await executorOf("native");
// The model of recipes/m4-hourly.
const options = { horizon: 48, season: 24, lookback: 336, baseline: "seasonal", scaling: "difference", linear: true };
const model = await Forecaster.create({ ...options, logarithm: true, executor, series: series.slice(0, 10) });
await model.forecast(series);
const measured = [];
for (let i = 0; i < times; i++) {
  const start = performance.now();
  await model.forecast(series);
  measured.push(performance.now() - start);
}
const { median, lowerQuartile, upperQuartile } = summary(measured);
process.stdout.write(`${machineLine(describeMachine())}\n${settings}\n\n`);
process.stdout.write(
  `${count.toLocaleString("en")} series, 48 steps and 11 quantiles each, by ${model.parameterCount.toLocaleString("en")} weights: ` +
    `median ${median.toFixed(0)} ms, quartiles ${lowerQuartile.toFixed(0)} to ${upperQuartile.toFixed(0)}.\n`,
);
