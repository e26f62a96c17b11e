// Forecasts the demand of two shops for a day, with intervals, and asks first whether the model is better than yesterday repeated.
//
//   node examples/demand-forecast.mjs
import { adam, Forecaster, forecastSVG, SeriesData, Trainer } from "../dist/index.js";

const horizon = 24;

// Hours of two shops: a day, a trend, and what nobody can know. In your program: await readSeries("demand.csv").
const demand = (size) =>
  Array.from({ length: 600 }, (_, t) => size * (20 + 0.01 * t + 8 * Math.sin((2 * Math.PI * t) / 24) + Math.sin(t * t)));
const series = [
  { name: "north", values: demand(1) },
  { name: "south", values: demand(3) },
];

const known = series.map((shop) => ({ ...shop, values: shop.values.slice(0, -horizon) }));
const model = await Forecaster.create({ series: known, horizon, season: 24, hiddenSize: 32 });
const data = new SeriesData(known, { config: model.network.config, batchSize: 32 });
await new Trainer(model, { data, epochs: 12, optimizer: adam({ learningRate: 0.003 }) }).run();

const { scores, best, pays } = await model.backtest(series);
console.log(`MASE ${scores[0].mase.toFixed(2)}; ${best.name} ${best.mase.toFixed(2)}; the model pays: ${pays}`);

for (const { name, point, levels, quantiles } of await model.forecast(series, { levels: [0.1, 0.9] })) {
  const [low, high] = quantiles.map(([first]) => first.toFixed(1));
  console.log(`${name}: ${point[0].toFixed(1)} in the next hour, 80 % between ${low} and ${high}`);
  const steps = ["last days", "now", "in a day"];
  const history = series.find((shop) => shop.name === name).values.slice(-3 * horizon);
  const picture = forecastSVG([{ name, history, point, levels, quantiles, steps }]);
  console.log(`a picture of ${picture.length > 1000 ? "some" : "no"} kilobytes`);
}
