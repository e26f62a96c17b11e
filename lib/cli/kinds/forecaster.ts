import { Forecaster } from "../../models/forecaster/forecaster.js";
import { backtest } from "../commands/backtest.js";
import { forecast } from "../commands/forecast.js";
import { forecasterCommand } from "../commands/trainForecast.js";
import type { CliKind } from "../verbs.js";
import { describeForecaster } from "../writeForecastReport.js";

export const forecaster: CliKind<Forecaster> = {
  kind: Forecaster.kind,
  train: () => [forecasterCommand()],
  abilities: [forecast, backtest],
  describe: describeForecaster,
};
