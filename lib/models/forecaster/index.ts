export type { Backtest, BacktestOptions, ForecastScores } from "./backtest.js";
export { driftForecast, naive2Forecast, naiveForecast, seasonalNaiveForecast } from "./baselineForecasts.js";
export type { ForecasterConfig, ForecastOutput } from "./config.js";
export type { ForecasterForm, SeriesDataOptions } from "./data.js";
export { SeriesData } from "./data.js";
export type { Forecast } from "./forecast.js";
export type { ForecasterOptions, ForecastOptions } from "./forecaster.js";
export { Forecaster } from "./forecaster.js";
export type { ForecasterNetwork } from "./network.js";
