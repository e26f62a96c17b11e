import { Command } from "commander";
import type { Series } from "../../data/index.js";
import { seriesPlace } from "../../data/index.js";
import { InputError, OptionError } from "../../errors.js";
import { forecasterRules } from "../../models/forecaster/config.js";
import { SeriesData, seriesDataRules } from "../../models/forecaster/data.js";
import { Forecaster } from "../../models/forecaster/forecaster.js";
import type { Completed, OptionsOf } from "../../options.js";
import { option, optional, pick, table, whole, without } from "../../options.js";
import type { ValidationEvent } from "../../train/events.js";
import { cellOptions, withCells } from "../cells.js";
import { executorFrom } from "../executor.js";
import { given, optionsIn, withOptions } from "../options.js";
import type { Printer } from "../print.js";
import { count, countOf, oneCell, printer } from "../print.js";
import { printBacktest } from "../printBacktest.js";
import { noteSeries, readSeriesFiles, withoutLast, withSeriesOptions } from "../seriesFiles.js";
import type { TrainingOptions } from "../training.js";
import { expectEffect, train, trainerFor, withTrainingOptions } from "../training.js";
import type { TrainingCall } from "../trainingCall.js";
import { trainingCall } from "../trainingCall.js";

const flags = table("train forecast", {
  /** Steps before those of --test-steps, at the end of each series, to validate on; 0 for none. Default: the horizon. */
  validationSteps: optional(whole()),
  /** Steps at the end of each series to measure the best model on when the training is done; 0 for none. Default 0. */
  testSteps: whole({ initial: 0 }),
  /** Steps from one window of the test to the next. Default: the horizon. */
  testStride: option(optional(whole({ minimum: 1 })), { onResume: "changes" }),
  ...pick(seriesDataRules, "batchSize", "stride"),
});

const modelFlags = without(forecasterRules, "series", "covariates", "cell");

type Options = TrainingOptions & Completed<typeof flags> & OptionsOf<typeof modelFlags>;

export function forecasterCommand(): Command {
  const command = new Command("forecast")
    .description("learn to forecast time series, from tables of numbers")
    .argument("[tables...]", "tables (.csv, .tsv, .jsonl, .json) of series");
  withOptions(command, flags);
  withSeriesOptions(command);
  withOptions(command, modelFlags, { group: "Model" });
  withCells(command, forecasterRules.cell.initial);
  withTrainingOptions(command);
  return command.action(async (files: string[], _options: Options, own: Command) =>
    trainForecaster(await trainingCall<Options>(own, files), own),
  );
}

async function trainForecaster(call: TrainingCall<Options>, command: Command): Promise<void> {
  const { files, options } = call;
  const print = printer(options);
  const { horizon, batchSize, stride, seed, testSteps } = options;
  if (horizon === undefined)
    throw new OptionError("train forecast: say how many steps to forecast: --horizon.", ["horizon"]);
  const validationSteps = options.validationSteps ?? horizon;
  expectEffect(command, validationSteps > 0);
  for (const [name, steps] of Object.entries({ validationSteps, testSteps })) {
    if (steps === 0 || steps >= horizon) continue;
    throw new OptionError(`train forecast: ${name} must be 0, or at least the horizon of ${horizon}, got ${steps}.`, [
      name,
    ]);
  }
  await train(call, print, async (signal) => {
    const series = await readSeriesFiles(files, command);
    noteSeries(print, series);
    expectLearnable(series, { validationSteps, testSteps });
    const known = withoutLast(series, testSteps);
    const learnt = withoutLast(known, validationSteps);
    const model = await Forecaster.create({
      series: learnt,
      seed,
      executor: executorFrom(options),
      ...optionsIn(command, modelFlags),
      ...cellOptions(command),
    } as Parameters<typeof Forecaster.create>[0]);
    const { config } = model.network;
    const data = new SeriesData(learnt, { config, batchSize, stride, seed });
    const validation =
      validationSteps > 0
        ? new SeriesData(known, { config, batchSize, lastSteps: validationSteps, role: "validate" })
        : undefined;
    print.note(
      `${countOf(data.windows, "window")} to learn, ${count(validation?.windows ?? 0)} to validate. ` +
        `${count(model.parameterCount)} parameters. Ctrl-C saves and stops.`,
    );
    const trainer = trainerFor(model, call, {
      data,
      ...given({ validation }),
      write: (sampled) => sample(model, known.slice(0, 3), sampled),
    });
    return { trainer, conclude: () => conclude(model, series, { options, signal, print }), words };
  });
}

/** @throws InputError for a series that is held out as a whole: it names the place. */
function expectLearnable(series: readonly Series[], held: { validationSteps: number; testSteps: number }): void {
  const { validationSteps, testSteps } = held;
  const steps = validationSteps + testSteps;
  for (const [i, one] of series.entries()) {
    if (steps === 0 || one.values.length > steps) continue;
    throw new InputError(
      `train forecast: ${seriesPlace(one, i, series.length)} has ${countOf(one.values.length, "value")}, and its last ${count(steps)} are held ` +
        `out: ${count(validationSteps)} to validate on, ${count(testSteps)} to measure the best model on. None is left to learn from. Hold ` +
        "out fewer (--validation-steps, --test-steps), or take a shorter --horizon.",
    );
  }
}

/** A loss is no perplexity here. */
const words = { targets: "values", measures: ({ loss }: ValidationEvent) => `loss ${loss.toFixed(4)}` };

/** The next values of some series. */
async function sample(model: Forecaster, series: readonly Series[], signal?: AbortSignal): Promise<string> {
  const found = await model.forecast(series, given({ signal }));
  const row = ({ name, point }: (typeof found)[number]) =>
    `${oneCell(name)}: ${Array.from(point.slice(0, 8), (value) => value.toPrecision(4)).join(" ")} ...`;
  return found.map(row).join("\n");
}

async function conclude(
  model: Forecaster,
  series: readonly Series[],
  { options, signal, print }: { options: Options; signal: AbortSignal; print: Printer },
): Promise<void> {
  const { testSteps, testStride, seed } = options;
  if (testSteps === 0) return;
  const result = await model.backtest(series, { lastSteps: testSteps, ...given({ stride: testStride }), seed, signal });
  print.object({ event: "test", ...result });
  print.line("test:");
  printBacktest(print, result);
}
