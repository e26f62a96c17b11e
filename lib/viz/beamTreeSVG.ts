import { completeOptions, text } from "../options.js";
import type { BeamTree, BeamTreeLimits, DrawnNode, TextSearch } from "./beamTree.js";
import { beamTreeLimits, beamTreeOf, drawnTree, leftOutNote, percent, resultOf } from "./beamTree.js";
import { greatest } from "./extent.js";
import { abbreviate, labelOf } from "./label.js";
import { decimal, element, svgPicture, textElement, textWidth, tooltip } from "./svg.js";

const rules = { ...beamTreeLimits, title: text({ initial: "Beam search", empty: true }) };

const rowHeight = 34;
const boxHeight = 24;
const gutter = 34;
const top = 46;

/**
 * A beam search as a tree: time goes right, a line is as thick as its token was likely, and the way to the best hypothesis is
 * a straight coloured line on top. Ends are round and say the score of their hypothesis, with its place if it was returned.
 *
 * @param search a tree of token numbers, or what LanguageModel.beamSearch gives with `tree: true`.
 * @throws OptionError for what is neither; InputError for nodes that are no tree, or a hypothesis that is not in it.
 */
export function beamTreeSVG(search: BeamTree | TextSearch, options: BeamTreeLimits & { title?: string } = {}): string {
  const { title, ...limits } = completeOptions("beamTreeSVG", options, rules);
  const tree = beamTreeOf(search);
  const drawn = drawnTree(tree, limits);
  const roots = stacked(drawn.roots).placed;
  const all = flat(roots);
  const columns = [0];
  for (const { node } of all) columns[node.step] = Math.max(columns[node.step] ?? 0, fullWidth(node, tree));
  const lefts = [0, 30 + gutter];
  for (const width of columns.slice(1)) lefts.push((lefts.at(-1) as number) + width + gutter);

  const edges: { best: string[]; others: string[] } = { best: [], others: [] };
  /** Lines leave at `start`, go straight to `turn`, where the column ends, and bend to their rows in the gutter. */
  const connect = (from: { start: number; turn: number; y: number }, children: readonly Placed[]) => {
    for (const to of children) {
      const x = lefts[to.node.step] as number;
      const [start, turn, bend, end] = [from.start, from.turn, (from.turn + x) / 2, x].map(decimal);
      const [y, toY] = [from.y, middle(to)].map(decimal);
      const d = `M${start} ${y}H${turn}C${bend} ${y} ${bend} ${toY} ${end} ${toY}`;
      const line = element("path", { d, "stroke-width": 1 + 6 * to.node.probability });
      (to.node.best ? edges.best : edges.others).push(line);
    }
  };
  connect({ start: 29, turn: 30, y: top + boxHeight / 2 }, roots);
  for (const placed of all) {
    const left = lefts[placed.node.step] as number;
    const [start, turn] = [left + boxWidth(placed.node, tree), left + (columns[placed.node.step] as number)];
    connect({ start, turn, y: middle(placed) }, placed.children);
  }

  const steps = [...columns.keys()].slice(1).map((step) => {
    const x = lefts[step] as number;
    return textElement({ class: "soft", x, y: 26, "font-size": 11 }, step === 1 ? "step 1" : String(step));
  });
  const notes = [
    "Thickness and %: probability of the token after those before it. Round: an end, with the score of the hypothesis.",
    leftOutNote(drawn, limits.steps),
  ].filter(Boolean);
  const bottom = top + (1 + greatest(all.map(({ row }) => row))) * rowHeight + 14;
  const words = notes.map((note, i) =>
    textElement({ class: "soft", x: 18, y: bottom + i * 18, "font-size": 11.5 }, note),
  );
  return svgPicture({
    title,
    width: Math.max(lefts.at(-1) as number, 36 + greatest(notes.map((note) => textWidth(note, 11.5)))),
    height: bottom + notes.length * 18,
    body: [
      ...steps,
      // One opacity for all of them, so that lines over each other are no darker.
      element("g", { class: "softLine", fill: "none", opacity: 0.42 }, edges.others),
      element("g", { class: "markLine", fill: "none" }, edges.best),
      element("circle", { class: "soft", cx: 24, cy: top + boxHeight / 2, r: 5 }, tooltip("the beginning")),
      ...all.map((placed) => box(placed.node, tree, { x: lefts[placed.node.step] as number, y: middle(placed) })),
      ...words,
    ],
  });
}

/** A node in its row; its column is its step. */
interface Placed {
  node: DrawnNode;
  row: number;
  children: Placed[];
}

/**
 * Rows for siblings and all that follows them. The first goes straight on; every other one is moved down until it clears all that
 * lies in its columns already, the later steps first, so that no line crosses another (after Reingold & Tilford 1981, lying on its
 * side). `upper` and `lower` are the rows that the result reaches in each step.
 */
function stacked(siblings: readonly DrawnNode[]): {
  placed: Placed[];
  upper: Map<number, number>;
  lower: Map<number, number>;
} {
  const [upper, lower] = [new Map<number, number>(), new Map<number, number>()];
  const placed = siblings.map((node) => {
    const after = stacked(node.children);
    after.upper.set(node.step, 0);
    after.lower.set(node.step, 0);
    const downs = [...after.upper].map(([step, row]) => (lower.get(step) ?? -1) + 1 - row);
    const down = Math.max(0, greatest(downs));
    for (const [step, row] of after.upper) upper.set(step, Math.min(upper.get(step) ?? row + down, row + down));
    for (const [step, row] of after.lower) lower.set(step, Math.max(lower.get(step) ?? row + down, row + down));
    for (const follower of flat(after.placed)) follower.row += down;
    return { node, row: down, children: after.placed };
  });
  return { placed, upper, lower };
}

function flat(placed: readonly Placed[]): Placed[] {
  return placed.flatMap((one) => [one, ...flat(one.children)]);
}

function middle({ row }: Placed): number {
  return top + row * rowHeight + boxHeight / 2;
}

function box(node: DrawnNode, tree: BeamTree, { x, y }: { x: number; y: number }): string {
  const text = labelOf(tree.textOf(node.id));
  const width = boxWidth(node, tree);
  const result = resultOf(node);
  const isResult = node.hypotheses.length > 0;
  const frame = { x, y: y - boxHeight / 2, width, height: boxHeight, rx: node.ends ? boxHeight / 2 : 4 };
  const look = node.best
    ? { class: "mark markLine" }
    : { class: "card softLine", "stroke-opacity": isResult ? 1 : 0.45 };
  const [strong, weak] = node.best ? ["onMark", "onMark"] : ["ink", "soft"];
  const name = { class: strong, x: x + 9, y: y + 4.5, "font-weight": node.best ? "bold" : undefined };
  const chance = { class: weak, x: x + width - 8, y: y + 4, "font-size": 10.5, "text-anchor": "end" };
  const beside = { class: "ink", x: x + width + 6, y: y + 4, "font-size": 11 };
  const said = `${text}: ${(100 * node.probability).toFixed(1)} %, score ${node.score.toFixed(3)} so far`;
  return element("g", { class: node.best ? "node best" : "node" }, [
    tooltip(said),
    element("rect", { ...look, ...frame, "stroke-width": isResult ? 2 : 1 }),
    textElement(name, abbreviate(text, 16)),
    textElement(chance, percent(node)),
    ...(result ? [textElement(beside, result)] : []),
  ]);
}

/** Bold letters are wider. */
function boxWidth(node: DrawnNode, { textOf }: BeamTree): number {
  const label = textWidth(abbreviate(labelOf(textOf(node.id)), 16), 13) * (node.best ? 1.15 : 1);
  return 9 + label + 8 + textWidth(percent(node), 10.5) + 8;
}

function fullWidth(node: DrawnNode, tree: BeamTree): number {
  const result = resultOf(node);
  return boxWidth(node, tree) + (result ? 10 + textWidth(result, 11) : 0);
}
