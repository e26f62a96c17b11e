import type { Graph } from "../../graph/graph.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import { constant, uniform } from "../../nn/initializers.js";
import { Parameter } from "../../nn/parameter.js";
import type { OptionsOf } from "../../options.js";
import { completeOptions, flag, option, table, whole, word } from "../../options.js";

/** Predictors of a word: each word around it, or the mean of them. */
const architectures = ["skip-gram", "cbow"] as const;

/** How a word is predicted among all words. */
const objectives = ["negative", "hierarchical", "softmax"] as const;

/** The options of word vectors, as stored in config.json. @interface */
export type Word2VecConfig = OptionsOf<typeof word2VecRules>;

/** The rules of the options. */
export const word2VecRules = table("Word2Vec", {
  /** V: tokens of the vocabulary. */
  vocabularySize: option(whole({ minimum: 2 }), { flag: null, aka: ["vocab_size"] }),
  /** E: numbers of a vector. Default 100. */
  size: option(whole({ minimum: 1, initial: 100 }), { aka: ["dim", "vector_size", "embeddingSize", "dimensions"] }),
  /** Predictor of a word: each word around it ("skip-gram"), or the mean of all around it ("cbow"). Default skip-gram. */
  architecture: option(word(architectures, "skip-gram"), { aka: ["sg", "model"] }),
  /**
   * Way to predict a word: against words drawn as noise ("negative"), along the way to it in a Huffman tree ("hierarchical"), or by softmax
   * regression over all words ("softmax"). Default negative.
   */
  objective: option(word(objectives, "negative"), { aka: ["hs", "loss"] }),
  /** K: noise words drawn for each word of the text, with objective "negative". Default 5. */
  negatives: option(whole({ minimum: 1, maximum: 100, initial: 5 }), {
    aka: ["negative", "neg", "ns"],
    needs: { objective: ["negative"] },
  }),
  /** Most words on each side that are looked at. Default 5. */
  window: option(whole({ minimum: 1, maximum: 100, initial: 5 }), { aka: ["ws", "context"] }),
  /** Look at all `window` words on each side; otherwise each word draws its own window, 1 to `window`. Default false. */
  fixedWindow: option(flag(), { aka: ["shrink_windows"] }),
});

/**
 * The two tables of word2vec (Mikolov et al. 2013): vectors of words as they predict others, which are the word vectors, and of words, or
 * of nodes of a tree, as they are predicted.
 */
export class Word2VecNetwork {
  readonly config: Required<Word2VecConfig>;
  /** [V,E] the word vectors. */
  readonly input: Parameter;
  /** [V,E], or [V-1,E] the nodes of a tree. */
  readonly output: Parameter;
  readonly parameters: readonly Parameter[];

  /** @throws OptionError for an option outside its range. */
  constructor(config: Word2VecConfig) {
    this.config = completeOptions("Word2Vec", config, word2VecRules);
    const { vocabularySize: V, size: E, objective } = this.config;
    // As in word2vec: small vectors, and nothing known of what they predict.
    this.input = new Parameter("input.weight", [V, E], uniform(0.5 / E));
    this.output = new Parameter("output.weight", [objective === "hierarchical" ? V - 1 : V, E], constant(0));
    this.parameters = [this.input, this.output];
  }

  /**
   * The losses of a text, by one op that in training also makes the steps of gradient descent.
   * Gradients of `block` words are added up before the tables change; `nodes` counts those of all ways in the tree together, `longest` those of
   * the longest one.
   */
  contextLosses(
    graph: Graph,
    { T, block, nodes, longest }: { T: number; block: number; nodes: number; longest: number },
  ): { losses: Tensor; count: Tensor } {
    const { vocabularySize: V, objective, architecture, negatives, window, fixedWindow } = this.config;
    const isTree = objective === "hierarchical";
    const operands = {
      input: this.input.in(graph),
      output: this.output.in(graph),
      tokens: graph.feed("tokens", "i32", [T]),
      keep: graph.feed("keep", "f32", [V]),
      random: graph.random(),
      ...(isTree
        ? { paths: graph.feed("paths", "i32", [nodes]), starts: graph.feed("starts", "i32", [V + 1]) }
        : { noise: graph.feed("noise", "f32", [V]), alias: graph.feed("alias", "i32", [V]) }),
      window,
      dynamic: !fixedWindow,
      mean: architecture === "cbow",
      ...(isTree ? { longest } : { negatives }),
    };
    if (!graph.training) return ops.wordVectorLoss(operands);
    return ops.wordVectorStep({ ...operands, learningRate: graph.scalar("learningRate"), block });
  }

  /**
   * The losses of words by softmax regression over the vocabulary, each given the mean of vectors: x = sum of weights[c] input[contexts[c]],
   * p = softmax(output x).
   */
  softmaxLosses(graph: Graph, { C, B }: { C: number; B: number }): { losses: Tensor; count: Tensor } {
    const { size: E } = this.config;
    const vectors = ops.embedding(this.input.in(graph), graph.feed("contexts", "i32", [C, B]));
    const weights = ops.reshape(graph.feed("weights", "f32", [C, B]), [C, B, 1]);
    const x = ops.reshape(ops.sumTo(ops.multiply(vectors, weights), [1, B, E]), [B, E]);
    const targets = graph.feed("targets", "i32", [B]);
    return ops.linearCrossEntropy({ x, weight: this.output.in(graph), targets });
  }
}
