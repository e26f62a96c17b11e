import { InputError } from "../errors.js";
import type { OptionsOf } from "../options.js";
import {
  checkOption,
  completeOptions,
  double,
  flag,
  list,
  object,
  optional,
  table,
  text,
  value,
  whole,
} from "../options.js";
import type { Hypothesis, TreeNode } from "../search/index.js";

/** The tokens that a beam search followed, and its results. */
export interface BeamTree {
  /** As `beamSearch` returns them with `tree: true`. */
  nodes: readonly TreeNode[];
  /** Results, best first. */
  hypotheses: readonly Pick<Hypothesis, "ids" | "score" | "ended">[];
  /** The token that ends a hypothesis. */
  end: number;
  /** A token as a person should read it. */
  textOf: (id: number) => string;
}

/** The result of LanguageModel.beamSearch with `tree: true`: texts, and a tree of tokens as texts. */
export interface TextSearch {
  texts: readonly { tokens: readonly { token: string }[]; score: number; ended: boolean }[];
  tree?: readonly { token: string; parent: number; logProbability: number; score: number }[];
}

const textSearchRule = object(
  {
    texts: list(
      object(
        { tokens: list(object({ token: text({ empty: true }) }, { open: true })), score: double(), ended: flag() },
        { open: true },
      ),
    ),
    tree: optional(list(object({ token: text({ empty: true }) }, { open: true }))),
  },
  { open: true },
);

/**
 * Returns a search of ids as it is, and numbers the tokens of a language model's.
 * @throws OptionError for what is neither.
 */
export function beamTreeOf(search: BeamTree | TextSearch): BeamTree {
  if (typeof search !== "object" || search === null || !("texts" in search)) {
    return checkOption("beam tree", "the tree", search, treeRule) as BeamTree;
  }
  const { texts, tree = [] } = checkOption("beam tree", "the search", search, textSearchRule) as TextSearch;
  const names = [...new Set([...tree, ...texts.flatMap(({ tokens }) => tokens)].map(({ token }) => token))];
  const numbers = new Map(names.map((name, number) => [name, number]));
  const numberOf = ({ token }: { token: string }) => numbers.get(token) as number;
  const end = texts.find(({ ended }) => ended)?.tokens.at(-1);
  return {
    nodes: tree.map(({ token, ...node }) => ({ ...node, id: numbers.get(token) as number })),
    hypotheses: texts.map(({ tokens, ...text }) => ({
      ...text,
      ids: (text.ended ? tokens.slice(0, -1) : tokens).map(numberOf),
    })),
    end: end ? numberOf(end) : -1,
    textOf: (id) => names[id] as string,
  };
}

export const defaultSteps = 12;

/** Limits of a drawn beam tree. @interface */
export type BeamTreeLimits = OptionsOf<typeof beamTreeLimits>;

export const beamTreeLimits = table("beam tree", {
  /** Most steps that are drawn. Default 12. */
  steps: whole({ minimum: 1, initial: defaultSteps }),
  /** Most branches that are drawn; those of the hypotheses always are. Default 24. */
  branches: whole({ minimum: 1, initial: 24 }),
});

/** Whether the numbers make a tree is looked at after that they are numbers. */
const number = value<number>("a number", (number) => typeof number === "number");
const treeRule = object(
  {
    nodes: list(object({ id: whole(), parent: number, logProbability: number, score: number }, { open: true })),
    hypotheses: list(object({ ids: list(whole()), score: number, ended: flag() }, { open: true })),
    end: number,
    textOf: value("a function from an id to its text", (textOf) => typeof textOf === "function"),
  },
  { open: true },
);

/** A node that is drawn, its children likeliest first, but the child on the way to the best hypothesis before all. */
export interface DrawnNode {
  id: number;
  probability: number;
  score: number;
  /** From 1. */
  step: number;
  /** On the way to the best hypothesis. */
  best: boolean;
  ends: boolean;
  /** Those that end or are cut off here, or go on beyond the last step that is drawn. Places count from 1. */
  hypotheses: { place: number; score: number }[];
  /** Whether it goes on beyond the last step that is drawn. */
  goesOn: boolean;
  children: DrawnNode[];
}

export interface DrawnTree {
  roots: DrawnNode[];
  drawn: number;
  /** Nodes that are not drawn: beyond the last step, and of weaker branches. */
  leftOut: { later: number; weaker: number };
}

/**
 * Chooses what to draw. Branches are kept in this order: those of the hypotheses, then of each step the best that was given up
 * there, the second best, and so on, so that every step shows its alternatives.
 *
 * @throws InputError for nodes that are no tree, or a hypothesis that is not in it. @throws OptionError for limits below 1.
 */
export function drawnTree(tree: BeamTree, limits: BeamTreeLimits): DrawnTree {
  const { steps, branches } = completeOptions("beam tree", limits, beamTreeLimits);
  const { nodes, hypotheses, end } = tree;
  const stepOf = checkedSteps(nodes);
  const children = nodes.map((): number[] => []);
  for (const [n, { parent }] of nodes.entries()) children[parent]?.push(n);
  const paths = hypotheses.map((_, h) => pathOf(tree, h));
  const results = nodes.map((): DrawnNode["hypotheses"] => []);
  for (const [h, path] of paths.entries()) {
    const last = path[Math.min(path.length, steps) - 1];
    if (last !== undefined) results[last]?.push({ place: h + 1, score: (hypotheses[h] as Hypothesis).score });
  }

  // The last node of each branch, within the steps that are drawn.
  const shown = (n: number) => (stepOf[n] as number) <= steps;
  const tips = [...nodes.keys()].filter((n) => shown(n) && !children[n]?.some(shown));
  const ways = new Set(paths.flat());
  const byScore = (a: number, b: number) => (nodes[b] as TreeNode).score - (nodes[a] as TreeNode).score || a - b;
  const met = new Map<number, number>();
  const ranked = tips.sort(byScore).map((n) => {
    const step = stepOf[n] as number;
    const rank = ways.has(n) ? -1 : (met.get(step) ?? 0);
    if (rank >= 0) met.set(step, rank + 1);
    return { n, rank, step };
  });
  ranked.sort((a, b) => a.rank - b.rank || a.step - b.step);
  const certain = ranked.filter(({ rank }) => rank < 0).length;
  const kept = new Set<number>();
  for (const { n } of ranked.slice(0, Math.max(branches, certain))) {
    for (let at = n; at >= 0 && !kept.has(at); at = (nodes[at] as TreeNode).parent) kept.add(at);
  }

  const best = new Set(paths[0]);
  const order = (a: number, b: number) => Number(best.has(b)) - Number(best.has(a)) || byScore(a, b);
  const draw = (n: number): DrawnNode => {
    const { id, logProbability, score } = nodes[n] as TreeNode;
    return {
      id,
      probability: Math.min(1, Math.exp(logProbability)),
      score,
      step: stepOf[n] as number,
      best: best.has(n),
      ends: id === end,
      hypotheses: results[n] as DrawnNode["hypotheses"],
      goesOn: children[n]?.some((child) => !shown(child)) === true,
      children: (children[n] as number[])
        .filter((child) => kept.has(child))
        .sort(order)
        .map(draw),
    };
  };
  const roots = [...nodes.keys()].filter((n) => nodes[n]?.parent === -1 && kept.has(n));
  const later = stepOf.filter((step) => step > steps).length;
  return {
    roots: roots.sort(order).map(draw),
    drawn: kept.size,
    leftOut: { later, weaker: nodes.length - kept.size - later },
  };
}

/** In words; empty if everything is drawn. */
export function leftOutNote({ drawn, leftOut: { later, weaker } }: DrawnTree, steps: number): string {
  if (later + weaker === 0) return "";
  const parts = [later > 0 ? `${later} after step ${steps}` : "", weaker > 0 ? `${weaker} of weaker branches` : ""];
  return `${later + weaker} of ${drawn + later + weaker} nodes left out: ${parts.filter(Boolean).join(", ")}.`;
}

/** Step of each node, from 1. */
function checkedSteps(nodes: readonly TreeNode[]): number[] {
  if (nodes.length === 0) throw new InputError("beam tree: no nodes. Give beamSearch the option tree: true.");
  const steps: number[] = [];
  for (const [n, { parent, logProbability, score }] of nodes.entries()) {
    if (!Number.isInteger(parent) || parent < -1 || parent >= n) {
      throw new InputError(`beam tree: node ${n} has the parent ${parent}; expected an earlier node, or -1.`);
    }
    if (!Number.isFinite(logProbability) || !Number.isFinite(score)) {
      throw new InputError(`beam tree: node ${n} has logProbability ${logProbability} and score ${score}.`);
    }
    steps.push(parent < 0 ? 1 : (steps[parent] as number) + 1);
  }
  return steps;
}

/** The nodes of a hypothesis. Groups of beams may write the same; the first that goes all the way is taken. */
function pathOf({ nodes, hypotheses, end }: BeamTree, h: number): number[] {
  const { ids, ended } = hypotheses[h] as BeamTree["hypotheses"][number];
  const wanted = ended ? [...ids, end] : ids;
  let paths: number[][] = [[]];
  for (const [step, id] of wanted.entries()) {
    const parents = new Map(paths.map((path) => [path.at(-1) ?? -1, path]));
    paths = [...nodes.entries()]
      .filter(([, node]) => node.id === id && parents.has(node.parent))
      .map(([n, { parent }]) => [...(parents.get(parent) as number[]), n]);
    if (paths.length === 0) {
      throw new InputError(
        `beam tree: hypothesis ${h + 1} has token ${id} at step ${step + 1}, which no node of the tree continues with.`,
      );
    }
  }
  return paths[0] as number[];
}

/** How likely a token was after those before it. */
export function percent({ probability }: DrawnNode): string {
  const hundredths = 100 * probability;
  return hundredths < 1 ? "<1%" : `${Math.round(hundredths)}%`;
}

/** The best hypothesis that ends here or goes on beyond what is drawn, and how many more do; the score of any other end. */
export function resultOf({ hypotheses, ends, goesOn, score }: DrawnNode): string {
  const shown = (value: number) => value.toFixed(2).replace("-", "\u2212");
  const [first, ...more] = hypotheses;
  const result = first ? `#${first.place} ${shown(first.score)}` : ends ? shown(score) : "";
  return [goesOn ? "\u2026" : "", result, more.length > 0 ? `+${more.length}` : ""].filter(Boolean).join(" ");
}
