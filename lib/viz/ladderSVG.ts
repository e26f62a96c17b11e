import { InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import { checkOption, completeOptions, list, object, real, table, text, whole } from "../options.js";
import { element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

/** One model of a ladder, and how well it predicts the text that all are measured on. */
export interface LadderRung {
  /** The model in a few words: "LSTM". */
  title: string;
  perplexity: number;
  /** Time of training. */
  seconds: number;
  /** Number of weights; of n-grams, of probabilities and back-off weights. */
  parameters: number;
}

const ladderRules = table("ladderSVG", {
  /** Title of the picture. Default: "perplexity". */
  title: text({ initial: "perplexity" }),
});

/** Options of `ladderSVG`. @interface */
export type LadderOptions = OptionsOf<typeof ladderRules>;

const rungs = list(
  object(
    { title: text(), perplexity: real({ above: 0 }), seconds: real({ minimum: 0 }), parameters: whole() },
    { open: true },
  ),
);

const [rowHeight, barWidth, margin] = [30, 480, 16];

/**
 * A picture of models from the simplest to the best (SVG): a bar for each, as long as its perplexity.
 * @param models from the first rung up.
 * @throws InputError for no model. @throws OptionError for one that is none, or an option that does not exist.
 */
export function ladderSVG(models: readonly LadderRung[], options: LadderOptions = {}): string {
  const { title } = completeOptions("ladderSVG", options, ladderRules);
  checkOption("ladderSVG", "the models", models, rungs);
  if (models.length === 0) throw new InputError("ladderSVG: there is no model to draw.");
  const longest = models.reduce((most, { perplexity }) => Math.max(most, perplexity), 0);
  const best = models.reduce((least, { perplexity }) => Math.min(least, perplexity), Number.POSITIVE_INFINITY);
  const left = margin + models.reduce((most, { title }) => Math.max(most, textWidth(title, 13)), 0) + 10;
  const top = margin + 28;
  const rows = models.flatMap((model, i) => {
    const [y, width] = [top + i * rowHeight, (barWidth * model.perplexity) / longest];
    const cost = `${Math.round(model.seconds)} s, ${model.parameters.toLocaleString("en-US")} parameters`;
    const isBest = model.perplexity === best;
    return [
      textElement({ x: left - 10, y: y + 17, class: "ink", "text-anchor": "end" }, model.title),
      element(
        "rect",
        { x: left, y: y + 3, width, height: rowHeight - 10, rx: 2, class: "mark", "fill-opacity": isBest ? 1 : 0.45 },
        tooltip(`${model.title}: perplexity ${model.perplexity.toPrecision(5)}, ${cost}`),
      ),
      textElement(
        { x: left + width + 8, y: y + 17, class: "ink", "font-weight": isBest ? "bold" : undefined },
        model.perplexity.toFixed(model.perplexity < 20 ? 2 : 1),
      ),
      textElement({ x: left + barWidth + 80, y: y + 17, class: "soft", "font-size": 11 }, cost),
    ];
  });
  return svgPicture({
    title,
    width: left + barWidth + 80 + 230,
    height: top + models.length * rowHeight + margin,
    body: [textElement({ x: margin, y: margin + 10, class: "ink", "font-size": 15 }, title), ...rows],
  });
}
