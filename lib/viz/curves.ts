import { InputError, OptionError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, flag, object, option, table, text, word } from "../options.js";
import type { Frame, Range } from "./axes.js";
import { axisTitles, extent, gridLines, logarithmicTicks, niceStep, ticks, widen } from "./axes.js";
import { groupColour, groupMark, legendOf } from "./groups.js";
import { historyRule } from "./historyRule.js";
import type { ReportHistory } from "./report.js";
import { element, svgPicture, tooltip } from "./svg.js";

/** One training: the name that stands for it in the legend, and what trainer.json keeps of it. */
export interface Run {
  name: string;
  history: ReportHistory;
}

/** Quantities that can be drawn, with the title of their axis. */
export const curveMeasures = {
  loss: "loss, nats per token",
  perplexity: "validation perplexity",
  bitsPerCharacter: "validation, bits per character",
  accuracy: "validation accuracy",
  gradientNorm: "norm of the gradient before clipping",
  learningRate: "learning rate",
  tokensPerSecond: "tokens per second",
} as const;

/** Quantities that trainings can be compared over. */
export const curveAxes = {
  updates: "updates",
  epochs: "epochs",
  tokens: "tokens read",
  seconds: "seconds of training",
} as const;

/** The name of a quantity that curves show. @useDeclaredType */
export type CurveMeasure = keyof typeof curveMeasures;
/** The name of a horizontal axis of curves. @useDeclaredType */
export type CurveAxis = keyof typeof curveAxes;

/** Options of `curvesSVG`. @interface */
export type CurvesOptions = OptionsOf<typeof curvesRules>;

export const curvesRules = table("curvesSVG", {
  /** Quantity to draw. "loss" draws validations, and the loss of the batches faintly. Default loss. */
  measure: word(Object.keys(curveMeasures) as CurveMeasure[], "loss"),
  /** Quantity that trainings are compared over. Default updates. */
  over: word(Object.keys(curveAxes) as CurveAxis[], "updates"),
  /** Give the measure a logarithmic scale. Default false. */
  logarithmic: option(flag(), { flag: "--log" }),
  /** Title of the picture. Default: the measure and what it is drawn over. */
  title: text({ initial: "", empty: true }),
});

const runRule = object({ name: text({ empty: true }), history: historyRule }, { open: true });

const left = 78;
const plot = { width: 820, height: 420 };

interface Point {
  x: number;
  y: number;
}

/**
 * The curves of several trainings in one picture (SVG).
 *
 * ```ts
 * curvesSVG([{ name: "lstm", history: await loadTrainerHistory("lstm") }, { name: "gru", history: await loadTrainerHistory("gru") }]);
 * ```
 *
 * @throws OptionError for options that do not exist, a logarithmic scale of values that are not above 0, or no run.
 * @throws InputError for a run that has no point of the measure.
 */
export function curvesSVG(runs: readonly Run[], options: CurvesOptions = {}): string {
  const { measure, over, logarithmic, title } = completeOptions("curvesSVG", options, curvesRules);
  if (!Array.isArray(runs) || runs.length === 0) {
    throw new OptionError("curvesSVG: expected runs to be an array of { name, history } with at least one element.");
  }
  for (const [i, run] of runs.entries()) checkOption("curvesSVG", `runs[${i}]`, run, runRule);
  const curves = runs.map(({ history }, i) => ({ run: i, history, ...curvesOf(history, measure, over) }));
  for (const { run, history, faint, strong } of curves) {
    if (faint.length + strong.length > 0) continue;
    const hint =
      measure in validated
        ? "It was trained without validation data."
        : history.steps.length > 0
          ? "Its updates did not measure that."
          : "It has no finished updates.";
    throw new InputError(`curvesSVG: ${runs[run]?.name} has no ${curveMeasures[measure]}. ${hint}`);
  }
  const points = curves.flatMap(({ faint, strong }) => [...faint, ...strong]);
  const smallest = points.reduce((low, { y }) => Math.min(low, y), Number.POSITIVE_INFINITY);
  if (logarithmic && smallest <= 0) {
    throw new OptionError(`curvesSVG: a logarithmic scale needs values above 0, and the smallest is ${smallest}.`);
  }
  const legend = legendOf(
    runs.map(({ name }) => name),
    { x: left, width: plot.width },
  );
  const frame = { x: left, y: legend.height + 18, ...plot };
  const scale = scaleOf(points, { frame, logarithmic });
  const lines = curves.flatMap(({ run, faint, strong }) => [
    line(faint, { run, scale, width: 1, opacity: strong.length > 0 ? 0.3 : 1 }),
    line(strong, { run, scale, width: 2, opacity: 1 }),
    ...(measure in validated ? strong : []).map(({ x, y }) =>
      groupMark(run, {
        x: scale.placeX(x),
        y: scale.placeY(y),
        content: tooltip(`${runs[run]?.name}: ${y.toPrecision(5)} after ${Number(x.toPrecision(6))} ${over}`),
      }),
    ),
  ]);
  return svgPicture({
    title: title || `${curveMeasures[measure]} over ${curveAxes[over]}`,
    width: left + plot.width + 20,
    height: frame.y + frame.height + 58,
    body: [
      ...legend.body,
      ...gridLines("x", scale.ticksX, { frame, place: scale.placeX }),
      ...gridLines("y", scale.ticksY, { frame, place: scale.placeY }),
      element("rect", { ...frame, class: "softLine", fill: "none", "stroke-opacity": 0.5 }),
      ...lines,
      ...axisTitles({ frame, x: curveAxes[over], y: curveMeasures[measure] }),
    ],
  });
}

/** Measures that validations give. */
const validated = { loss: true, perplexity: true, bitsPerCharacter: true, accuracy: true } as const;

/** `strong` is drawn in full, `faint` behind it: the loss of batches behind that of validations. */
function curvesOf(history: ReportHistory, measure: CurveMeasure, over: CurveAxis): { faint: Point[]; strong: Point[] } {
  const x = (step: number, epoch: number) => placeOf(history, { step, epoch }, over);
  const validations =
    measure in validated
      ? history.validations.map((point) => ({
          x: x(point.step, point.epoch),
          y: point[measure as keyof typeof validated] ?? Number.NaN,
        }))
      : [];
  if (measure === "perplexity" || measure === "bitsPerCharacter" || measure === "accuracy")
    return { faint: [], strong: drawable(validations) };
  const updates = history.steps.map((point) => ({ x: x(point.step, point.epoch), y: point[measure] }));
  return measure === "loss"
    ? { faint: drawable(updates), strong: drawable(validations) }
    : { faint: [], strong: drawable(updates) };
}

/** Points far enough from the ends of a double that scales can be computed with them. Some measures are NaN or infinite. */
function drawable(points: readonly Point[]): Point[] {
  const [least, largest] = [1e-150, 1e150];
  const near = (value: number) => (Math.abs(value) < least ? 0 : value);
  return points
    .filter(({ x, y }) => Math.abs(x) <= largest && Math.abs(y) <= largest)
    .map(({ x, y }) => ({ x: near(x), y: near(y) }));
}

/** Where an update lies on the axis: between the two points of the curve around it, in proportion. */
function placeOf({ steps }: ReportHistory, { step, epoch }: { step: number; epoch: number }, over: CurveAxis): number {
  if (over === "updates") return step;
  if (over === "epochs") return epoch;
  const next = steps.findIndex((point) => point.step >= step);
  const after = steps.at(next) as (typeof steps)[number] | undefined;
  if (!after) return Number.NaN;
  const before = next > 0 ? (steps[next - 1] as typeof after) : { step: 0, tokens: 0, seconds: 0 };
  const share = next < 0 || after.step === before.step ? 1 : (step - before.step) / (after.step - before.step);
  return before[over] + share * (after[over] - before[over]);
}

interface Scale {
  placeX: (value: number) => number;
  placeY: (value: number) => number;
  ticksX: number[];
  ticksY: number[];
}

function scaleOf(points: readonly Point[], { frame, logarithmic }: { frame: Frame; logarithmic: boolean }): Scale {
  const x: Range = { low: 0, high: extent(points.map((point) => point.x)).high || 1 };
  const values = points.map((point) => point.y);
  const y = extent(logarithmic ? values.map(Math.log10) : values);
  // Values that differ in their last digits only make no axis.
  widen(y, Math.max((y.high - y.low) * 1.06, 1e-9 * Math.max(Math.abs(y.low), Math.abs(y.high))) || 1);
  const ticksY = logarithmic
    ? logarithmicTicks({ low: 10 ** y.low, high: 10 ** y.high })
    : ticks(y, niceStep((y.high - y.low) / 8));
  return {
    placeX: (value) => frame.x + (frame.width * (value - x.low)) / (x.high - x.low),
    placeY: (value) => {
      const at = logarithmic ? Math.log10(value) : value;
      return frame.y + (frame.height * (y.high - at)) / (y.high - y.low);
    },
    ticksX: ticks(x, niceStep((x.high - x.low) / 9)),
    ticksY,
  };
}

function line(
  points: readonly Point[],
  { run, scale, width, opacity }: { run: number; scale: Scale; width: number; opacity: number },
): string {
  if (points.length === 0) return "";
  const d = points.map(({ x, y }, i) => `${i ? "L" : "M"}${scale.placeX(x).toFixed(2)} ${scale.placeY(y).toFixed(2)}`);
  const look = { "stroke-width": width, "stroke-opacity": opacity, "stroke-linejoin": "round" };
  return element("path", { class: "curve", d: d.join(""), fill: "none", stroke: groupColour(run), ...look });
}
