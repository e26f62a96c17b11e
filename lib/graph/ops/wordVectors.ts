import { OptionError } from "../../errors.js";
import { completeOptions, flag, whole } from "../../options.js";
import { defineOperation } from "../operation.js";
import type { Tensor } from "../tensor.js";
import { matchShapes, operand, operandIfAny } from "../tensor.js";

const sources = [
  "input",
  "output",
  "tokens i32",
  "keep",
  "random i32",
  "noise?",
  "alias? i32",
  "paths? i32",
  "starts? i32",
] as const;

const sizes = ["window", "dynamic", "mean", "negatives", "longest"] as const;

export const wordVectorLossOperation = defineOperation({
  name: "wordVectorLoss",
  operands: [...sources],
  results: ["losses", "count"],
  attributes: [...sizes],
});

export const wordVectorStepOperation = defineOperation({
  name: "wordVectorStep",
  operands: [...sources, "learningRate"],
  results: ["losses", "count"],
  attributes: [...sizes, "block"],
  mutates: ["input", "output"],
});

const tensors = {
  input: operand,
  output: operand,
  tokens: operand,
  keep: operand,
  random: operand,
  noise: operandIfAny,
  alias: operandIfAny,
  paths: operandIfAny,
  starts: operandIfAny,
};

const numbers = {
  window: whole({ minimum: 1, maximum: 100 }),
  dynamic: flag(),
  mean: flag(),
  negatives: whole({ minimum: 0, maximum: 100, initial: 0 }),
  longest: whole({ minimum: 0, maximum: 64, initial: 0 }),
};

/** Operands of the ops of word vectors. @inline */
export interface WordVectorOperands {
  /** [V,E] the vectors of words. */
  input: Tensor;
  /** [N,E] a row for each word (N = V), or for each inner node of the tree. */
  output: Tensor;
  /** i32 [T] a running text; -1 where a sentence ends. */
  tokens: Tensor;
  /** [V] the probability of each word to be read; windows close over words that are not. */
  keep: Tensor;
  /** i32 [2] seed and step. */
  random: Tensor;
  /** [V] and i32 [V]: the noise distribution as an alias table, for negative sampling. */
  noise?: Tensor | null;
  alias?: Tensor | null;
  /** i32 [P] the nodes from the root to each word, 2 node + bit; those of word v lie at starts[v]..starts[v+1]-1. */
  paths?: Tensor | null;
  /** i32 [V+1] */
  starts?: Tensor | null;
  /** Most words on either side that a word looks at. */
  window: number;
  /** Whether each word draws its own window, 1 to `window`. */
  dynamic: boolean;
  /** Whether the mean of the context predicts the word (CBOW), instead of each word of the context (skip-gram). */
  mean: boolean;
  /** Words drawn from the noise for each word of the text. */
  negatives?: number;
  /** Longest path. */
  longest?: number;
}

/** The shapes of the results. @throws ShapeError or OptionError for operands that do not fit together. */
function resultsOf(name: string, operands: WordVectorOperands): { losses: number[]; count: number[] } {
  const { noise, alias, paths, starts, input, output, tokens, keep, random, negatives = 0, longest = 0 } = operands;
  const isTree = Boolean(paths || starts);
  if (isTree === Boolean(noise || alias)) {
    throw new OptionError(`${name}: expected either noise and alias, or paths and starts.`);
  }
  const { T, V } = matchShapes(name, [
    ["input", input, "V E"],
    ["output", output, isTree ? "N E" : "V E"],
    ["tokens", tokens, "T", "i32"],
    ["keep", keep, "V"],
    ["random", random, "2", "i32"],
  ]) as { T: number; V: number };
  matchShapes(
    name,
    isTree
      ? [
          ["paths", paths as Tensor, "P", "i32"],
          ["starts", starts as Tensor, `${V + 1}`, "i32"],
        ]
      : [
          ["noise", noise as Tensor, `${V}`],
          ["alias", alias as Tensor, `${V}`, "i32"],
        ],
  );
  if (isTree && longest < 1) throw new OptionError(`${name}: expected longest to be the nodes of the longest path.`);
  if (!isTree && negatives < 1) throw new OptionError(`${name}: expected negatives to be at least 1, with noise.`);
  return { losses: [T], count: [] };
}

/**
 * The loss of each word of a text, given the words around it (Mikolov et al. 2013), summed over those that predict it:
 *
 *   skip-gram: sum over the context words c of D(x_c, w);   CBOW (`mean`): D(mean of the x_c, w)
 *   D(x, w) = -log s(x . y_w) - sum over K drawn words n of log s(-x . y_n)      with noise; one draw serves a whole window
 *   D(x, w) = -sum over the path of w of log s(+-x . y_node)                     with paths: hierarchical softmax
 *
 * A drawn word that is w itself does not count. @returns losses [T], in nats, 0 where a word was left out, and count [], of D.
 */
export function wordVectorLoss(operands: WordVectorOperands): { losses: Tensor; count: Tensor } {
  const complete = completeOptions("wordVectorLoss", operands, { ...tensors, ...numbers });
  const shapes = resultsOf("wordVectorLoss", complete);
  const { window, dynamic, mean, negatives, longest } = complete;
  const attributes = { window, dynamic: Number(dynamic), mean: Number(mean), negatives, longest };
  return complete.input.graph.record(wordVectorLossOperation, complete, shapes, attributes);
}

/**
 * A step of gradient descent on `wordVectorLoss` for every `block` words of the text, one after the other:
 *
 *   input -= learningRate * dLoss/dinput    output -= learningRate * dLoss/doutput    Loss: the sum over the words of the block
 *
 * Within a block all read the tables as they were before it, so threads may share the work without changing a bit of the result. With
 * `mean` the gradient is that of the mean: each word of the context gets its share, 1 / their number.
 * @returns as wordVectorLoss, each loss before the update of its block.
 */
export function wordVectorStep(operands: WordVectorOperands & { learningRate: Tensor; block: number }): {
  losses: Tensor;
  count: Tensor;
} {
  const complete = completeOptions("wordVectorStep", operands, {
    ...tensors,
    ...numbers,
    learningRate: operand,
    block: whole({ minimum: 1, maximum: 1024 }),
  });
  const shapes = resultsOf("wordVectorStep", complete);
  matchShapes("wordVectorStep", [["learningRate", complete.learningRate, ""]]);
  const { window, dynamic, mean, negatives, longest, block } = complete;
  const attributes = { window, dynamic: Number(dynamic), mean: Number(mean), negatives, longest, block };
  return complete.input.graph.record(wordVectorStepOperation, complete, shapes, attributes);
}
