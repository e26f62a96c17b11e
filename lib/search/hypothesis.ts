export interface Hypothesis {
  /** Without begin and end. */
  tokens: number[];
  /** What hypotheses are compared by: the sum of logProbabilities, with the penalties. */
  score: number;
  /** Of each token, and of the end if it has ended. */
  logProbabilities: number[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
  /** [tokens][S], where the step gives it. */
  attention?: ArrayLike<number>[];
}

/** A token that was followed: node `parent` of the tree comes before it (-1: the beginning). */
export interface TreeNode {
  token: number;
  parent: number;
  logProbability: number;
  /** Of the hypothesis up to here. */
  score: number;
}

/** What a search has found. */
export interface SearchResult {
  /** Best first: those that have ended, then those that were cut off. */
  hypotheses: Hypothesis[];
  tree?: TreeNode[];
}
