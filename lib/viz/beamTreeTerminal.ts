import { completeOptions, whole } from "../options.js";
import type { BeamTree, BeamTreeLimits, DrawnNode } from "./beamTree.js";
import { beamTreeLimits, drawnTree, leftOutNote, percent, resultOf } from "./beamTree.js";
import { background, blue, type ColourDepth } from "./colour.js";
import { abbreviate, labelOf } from "./label.js";
import { widthOf } from "./terminal.js";

const rules = { ...beamTreeLimits, width: whole({ minimum: 40, initial: 80 }) };

/**
 * A beam search in a terminal: a line for each node, its children below it and to its right, the likeliest first. A * marks the
 * way to the best hypothesis, brackets an end. No node is wider than `width`; what is deeper than fits is left out, and counted.
 *
 * @throws InputError for nodes that are no tree, or a hypothesis that is not in it.
 */
export function beamTreeTerminal(
  tree: BeamTree,
  { depth, ...options }: BeamTreeLimits & { depth: ColourDepth; width?: number },
): string {
  const { width, ...limits } = completeOptions("beamTreeTerminal", options, rules);
  // Three columns for each step, and 36 for the node itself.
  const steps = Math.max(1, Math.min(limits.steps, Math.floor((width - 36) / 3)));
  const drawn = drawnTree(tree, { ...limits, steps });
  const lines: string[] = [];
  const write = (node: DrawnNode, before: string, last: boolean) => {
    const branch = `${before}${last ? "\u2514\u2500 " : "\u251c\u2500 "}`;
    const said = [percent(node), resultOf(node)].filter(Boolean).join("  ");
    const name = labelOf(tree.textOf(node.id));
    const room = width - widthOf(branch) - widthOf(said) - 6;
    const label = abbreviate(name, Math.max(4, Math.min(24, room)));
    const marked = node.ends ? `[${label}]` : label;
    const colour = node.best && depth !== 0 ? background(blue, 1, depth) : "";
    const shown = colour === "" ? marked : `${colour}${marked}\u001b[0m`;
    lines.push(`${node.best ? "*" : " "} ${branch}${shown}  ${said}`);
    for (const [i, child] of node.children.entries()) {
      write(child, `${before}${last ? "   " : "\u2502  "}`, i === node.children.length - 1);
    }
  };
  for (const [i, root] of drawn.roots.entries()) write(root, "", i === drawn.roots.length - 1);
  const note = leftOutNote(drawn, steps);
  return [...lines, ...(note ? [note] : [])].join("\n");
}
