import { InputError, OptionError } from "../errors.js";
import { checkOption, completeOptions, object, text, value } from "../options.js";
import type { Frame } from "./axes.js";
import { axisTitles, extent, gridLines, logarithmicTicks, niceStep, ticks, widen } from "./axes.js";
import { groupColour, groupMark, legendOf } from "./groups.js";
import { element, svgPicture, tooltip } from "./svg.js";

/** Norms of a gradient by time lag, with the name that stands for them in the legend. */
export interface GradientCurve {
  name: string;
  /** The norm at each lag, from 0 on. */
  norms: ArrayLike<number>;
}

const curveRule = object(
  { name: text({ empty: true }), norms: value<ArrayLike<number>>("a list of numbers", isList) },
  { open: true },
);

const left = 78;
const plot = { width: 760, height: 380 };
/** Gradients are float32, which ends at 1e-45 and 3e38: near that a norm says little. */
const smallest = 1e-30;
const largest = 1e30;

/**
 * The norm of the gradient against the time lag, on a logarithmic scale (SVG): a line that falls is a
 * gradient that vanishes, one that rises a gradient that explodes. Norms under 1e-30 and above 1e30 are not
 * drawn; curves of nothing else are left out.
 *
 * ```ts
 * const { layers } = await model.gradientFlow(text);
 * writeFileSync("gradients.svg", gradientFlowSVG(layers));
 * ```
 * @throws OptionError for no curve; InputError where none has a norm that can be drawn.
 */
export function gradientFlowSVG(curves: readonly GradientCurve[], options: { title?: string } = {}): string {
  const { title } = completeOptions("gradientFlowSVG", options, {
    title: text({ initial: "norm of the gradient against the time lag", empty: true }),
  });
  if (!Array.isArray(curves) || curves.length === 0) {
    throw new OptionError(
      "gradientFlowSVG: expected curves to be an array of { name, norms } with at least one element.",
    );
  }
  const checked = curves.map((curve, i) => checkOption("gradientFlowSVG", `curves[${i}]`, curve, curveRule));
  const drawn = checked.filter(isDrawable);
  if (drawn.length === 0) {
    const names = checked.map(({ name }) => name).join(", ");
    throw new InputError(`gradientFlowSVG: expected a norm between 1e-30 and 1e30, found none in ${names}.`);
  }
  const lines = drawn.map(pointsOf);
  const legend = legendOf(
    drawn.map(({ name }) => name),
    { x: left, width: plot.width },
  );
  const frame: Frame = { x: left, y: legend.height + 18, ...plot };
  const last = Math.max(1, ...lines.map((points) => (points.at(-1) as Point).lag));
  const y = extent(lines.flat().map(({ norm }) => Math.log10(norm)));
  widen(y, Math.max((y.high - y.low) * 1.06, 0.5));
  const placeX = (lag: number) => frame.x + (frame.width * lag) / last;
  const placeY = (norm: number) => frame.y + (frame.height * (y.high - Math.log10(norm))) / (y.high - y.low);
  return svgPicture({
    title,
    width: left + plot.width + 20,
    height: frame.y + frame.height + 58,
    body: [
      ...legend.body,
      ...gridLines("x", ticks({ low: 0, high: last }, Math.max(1, niceStep(last / 10))), { frame, place: placeX }),
      ...gridLines("y", decades({ low: 10 ** y.low, high: 10 ** y.high }), { frame, place: placeY }),
      element("rect", { ...frame, class: "softLine", fill: "none", "stroke-opacity": 0.5 }),
      ...lines.flatMap((points, c) => [
        element("path", {
          class: "curve",
          d: points
            .map(({ lag, norm }, i) => `${i ? "L" : "M"}${placeX(lag).toFixed(2)} ${placeY(norm).toFixed(2)}`)
            .join(""),
          fill: "none",
          stroke: groupColour(c),
          "stroke-width": 2,
          "stroke-linejoin": "round",
        }),
        ...marked(points, c).map(({ lag, norm }) =>
          groupMark(c, {
            x: placeX(lag),
            y: placeY(norm),
            content: tooltip(
              `${drawn[c]?.name}: norm ${norm.toPrecision(3)}, ${lag} ${lag === 1 ? "step" : "steps"} back`,
            ),
          }),
        ),
      ]),
      ...axisTitles({ frame, x: "time lag, steps", y: "norm of the gradient" }),
    ],
  });
}

interface Point {
  lag: number;
  norm: number;
}

/** Whether a curve has a norm that can be drawn. */
export function isDrawable(curve: GradientCurve): boolean {
  return pointsOf(curve).length > 0;
}

function pointsOf({ norms }: GradientCurve): Point[] {
  const points = Array.from(norms, (norm, lag) => ({ lag, norm }));
  return points.filter(({ norm }) => norm >= smallest && norm <= largest);
}

/**
 * A mark on about ten points of a line, at other places for each line, so that lines on top of each other
 * show.
 */
function marked(points: readonly Point[], curve: number): Point[] {
  const every = Math.max(1, Math.round(points.length / 10));
  return points.filter((_, i) => i % every === curve % every);
}

/** Powers of ten, at most about ten of them; other round numbers where the interval holds less than three. */
function decades(range: { low: number; high: number }): number[] {
  const [low, high] = [Math.log10(range.low), Math.log10(range.high)];
  if (high - low < 4) return logarithmicTicks(range);
  return ticks({ low, high }, Math.max(1, niceStep((high - low) / 10))).map((power) => 10 ** Math.round(power));
}

function isList(norms: unknown): boolean {
  return Array.isArray(norms) || ArrayBuffer.isView(norms);
}
