import { OptionError } from "../errors.js";
import { checkOption, completeOptions, list, object, real, text } from "../options.js";
import type { GateShare } from "./gates.js";
import { openAbove, shutBelow } from "./gates.js";
import { abbreviate, labelOf } from "./label.js";
import { element, svgPicture, textElement, tooltip } from "./svg.js";

const side = 190;
const gap = { x: 66, y: 78 };
const columns = 3;

const share = real({ minimum: 0, maximum: 1 });
const gatesRule = list(
  object({ name: text({ empty: true }), units: list(object({ open: share, shut: share })) }, { open: true }),
);

/**
 * The saturation of gates as Karpathy et al. (2015) draw it (SVG): a square for each gate, in it a point for
 * each unit, to the right the share of the time that it is shut, upwards that it is open. On the diagonal a
 * unit is always one of the two; at 0 it never is.
 * @throws OptionError for what is no list of gates with at least one element.
 */
export function gatesSVG(gates: readonly GateShare[], options: { title?: string } = {}): string {
  const { title } = completeOptions("gatesSVG", options, {
    title: text({ initial: "how often gates are open and shut", empty: true }),
  });
  checkOption("gatesSVG", "gates", gates, gatesRule);
  if (gates.length === 0) {
    throw new OptionError("gatesSVG: expected gates to be an array of gate shares with at least one element.");
  }
  const rows = Math.ceil(gates.length / columns);
  const body = gates.flatMap(({ name, units }, g) => {
    const [x, y] = [(g % columns) * (side + gap.x) + gap.x, Math.floor(g / columns) * (side + gap.y) + 36];
    const mark = ({ open, shut }: { open: number; shut: number }, unit: number) =>
      element(
        "circle",
        { class: "mark", cx: x + side * shut, cy: y + side * (1 - open), r: 3.2, "fill-opacity": 0.45 },
        tooltip(`unit ${unit}: open ${percent(open)}, shut ${percent(shut)}`),
      );
    const soft = { class: "soft", "font-size": 11 };
    return [
      textElement({ class: "ink", x: x + side / 2, y: y - 12, "text-anchor": "middle" }, abbreviate(labelOf(name), 30)),
      element("rect", { x, y, width: side, height: side, class: "softLine", fill: "none", "stroke-opacity": 0.5 }),
      element("path", { class: "faintLine", d: `M${x} ${y}l${side} ${side}` }),
      ...[0, 0.5, 1].flatMap((share) => [
        textElement({ ...soft, x: x + side * share, y: y + side + 16, "text-anchor": "middle" }, percent(share)),
        textElement({ ...soft, x: x - 6, y: y + side * (1 - share) + 4, "text-anchor": "end" }, percent(share)),
      ]),
      textElement({ ...soft, x: x + side / 2, y: y + side + 32, "text-anchor": "middle" }, `shut (below ${shutBelow})`),
      textElement(
        { ...soft, "text-anchor": "middle", transform: `translate(${x - 42} ${y + side / 2}) rotate(-90)` },
        `open (above ${openAbove})`,
      ),
      ...units.map(mark),
    ];
  });
  const width = Math.min(gates.length, columns) * (side + gap.x) + 24;
  return svgPicture({ title, width, height: rows * (side + gap.y) + 10, body });
}

function percent(share: number): string {
  return `${Math.round(100 * share)} %`;
}
