/** A sequence of tokens that a search has written. */
export interface Hypothesis {
  /** Its tokens, without begin and end. */
  ids: number[];
  /** The number that hypotheses are compared by: the sum of logProbabilities, with the penalties. */
  score: number;
  /** One for each token, and for the end if it has ended. */
  logProbabilities: number[];
  /** Whether it ended by itself, or was cut off. */
  ended: boolean;
  /** [ids][S], where the step gives it. */
  attention?: ArrayLike<number>[];
}

/** A token that was followed: node `parent` of the tree comes before it (-1: the beginning). */
export interface TreeNode {
  id: number;
  parent: number;
  logProbability: number;
  /** Score of the hypothesis up to here. */
  score: number;
}

/** The result of a search. */
export interface SearchResult {
  /** Best first: those that have ended, then those that were cut off. */
  hypotheses: Hypothesis[];
  tree?: TreeNode[];
}
