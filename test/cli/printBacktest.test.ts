import { expect, test } from "vitest";
import { scoresAsText } from "../../lib/cli/printBacktest.js";
import type { ForecastScores } from "../../lib/models/forecaster/backtest.js";

const none = Number.NaN;
const scores = (name: string, own: Partial<ForecastScores>): ForecastScores => ({
  ...{ name, mase: none, smape: none, owa: none, mape: none, meanAbsoluteError: none, meanSquaredError: none },
  ...{ scaledSquaredError: none, crps: none, msis: none, coverage: none },
  ...own,
});
const counts = { series: 1, windows: 1, values: 3 };

test("a model that pays says by how many per cent its error is smaller than that of the best of the others", () => {
  const [model, naive] = [scores("model", { mase: 0.75, mape: 12 }), scores("naive", { mase: 1, mape: 9 })];
  const { titles, rows, verdict } = scoresAsText({ ...counts, scores: [model, naive], best: naive, pays: true });
  expect(titles).toEqual(["MASE", "MAPE %"]);
  expect(rows).toEqual([
    ["model", ["0.750", "12.00"]],
    ["naive", ["1.000", "9.00"]],
  ]);
  expect(verdict).toBe("The model's MASE is 25.0 % below that of the naive forecast, the best of the others.");
});

test("without a MASE the mean absolute error decides; what one forecast lacks is a dash, and a million has no digits behind it", () => {
  const model = scores("model", { smape: 20, meanAbsoluteError: 3, msis: 1234567.8 });
  const drift = scores("drift", { smape: 10, meanAbsoluteError: 2, msis: none });
  const { titles, rows, verdict } = scoresAsText({ ...counts, scores: [model, drift], best: drift, pays: false });
  expect(titles).toEqual(["sMAPE %", "MSIS"]);
  expect(rows).toEqual([
    ["model", ["20.000", "1,234,568"]],
    ["drift", ["10.000", "-"]],
  ]);
  expect(verdict).toBe(
    "The model loses to the drift forecast, which learns nothing: mean absolute error 3.000 against 2.000.",
  );
  const better = { ...model, meanAbsoluteError: 1.5 };
  expect(scoresAsText({ ...counts, scores: [better, drift], best: drift, pays: true }).verdict).toBe(
    "The model's mean absolute error is 25.0 % below that of the drift forecast, the best of the others.",
  );
});
