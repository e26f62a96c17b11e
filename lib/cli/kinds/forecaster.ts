import { Forecaster } from "../../models/forecaster/forecaster.js";
import { backtest, evaluateSeries, seriesError } from "../commands/backtest.js";
import { exportOnnx } from "../commands/exportOnnx.js";
import { forecast } from "../commands/forecast.js";
import { inspectSeries } from "../commands/inspectSeries.js";
import { quantize } from "../commands/quantize.js";
import { forecasterCommand } from "../commands/trainForecast.js";
import type { CliKind } from "../verbs.js";
import { describeForecaster } from "../writeForecastReport.js";

export const forecaster: CliKind<Forecaster> = {
  kind: Forecaster.kind,
  train: () => [forecasterCommand()],
  abilities: [forecast, evaluateSeries, backtest, inspectSeries, quantize(seriesError), exportOnnx],
  describe: describeForecaster,
};
