import { beamSearch } from "../../lib/search/index.js";
import type { BeamTree } from "../../lib/viz/index.js";

export const names = [..."\u2402\u2403", ..."abcdefgh"];

/** A search in a made-up model of ten tokens, of which 1 ends: what follows depends on the last token and on the step. */
export async function search({ beams = 4, length = 8, nBest = 3 } = {}): Promise<BeamTree> {
  const step = (tokens: readonly number[], steps: readonly number[]) => {
    const logProbabilities = tokens.map((token, i) => {
      const logits = names.map((_, v) =>
        v === 0 ? -9 : v === 1 ? (steps[i] as number) - 3 : 2 * Math.sin(5 * v * token + v),
      );
      const sum = logits.reduce((total, x) => total + Math.exp(x), 0);
      return logits.map((x) => x - Math.log(sum));
    });
    return { logProbabilities, states: steps.map((n) => n + 1) };
  };
  const options = { begin: 0, end: 1, beams, nBest, tree: true, maximumLength: length, lengthPenalty: 1 };
  const { hypotheses, tree = [] } = await beamSearch(step, 0, options);
  return { nodes: tree, hypotheses, end: 1, textOf: (token) => names[token] as string };
}
