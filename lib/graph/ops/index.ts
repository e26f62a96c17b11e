// Made by scripts/op-lists.mjs from the files of this folder.
/** The op catalogue: what a Program may contain. Each function records one op in the graph of its operands. */
export { allReduce, awaitSum } from "./allReduce.js";
export { assign } from "./assign.js";
export { attention } from "./attention.js";
export { cachedAttention } from "./cachedAttention.js";
export { gruCell, lstmCell } from "./cells.js";
export { convolution } from "./convolution.js";
export { crf, crfMarginals, crfPaths } from "./crf.js";
export { linearCrossEntropy } from "./crossEntropy.js";
export { dropout } from "./dropout.js";
export {
  add,
  affine,
  clamp,
  divide,
  exp,
  log,
  multiply,
  relu,
  sigmoid,
  sqrt,
  square,
  subtract,
  tanh,
} from "./elementwise.js";
export { embedding, sumRows } from "./embedding.js";
export { filterMaxima } from "./filterMaxima.js";
export { follow } from "./follow.js";
export { gelu } from "./gelu.js";
export { gru } from "./gru.js";
export { hardSigmoid } from "./hardSigmoid.js";
export { keepIds } from "./keepIds.js";
export { keepRow } from "./keepRow.js";
export { layerNorm } from "./layerNorm.js";
export { lineage } from "./lineage.js";
export { linear } from "./linear.js";
export { logGamma } from "./logGamma.js";
export { lstm } from "./lstm.js";
export { mask } from "./mask.js";
export { matmul } from "./matmul.js";
export { multiHeadAttention, multiHeadWeights } from "./multiHeadAttention.js";
export { nextPositions } from "./nextPositions.js";
export { ngramLosses, ngramStep } from "./ngram.js";
export { adagrad, adam, approach, clipScale, globalNorm, rmsprop, sgd } from "./optimizer.js";
export { pick } from "./pick.js";
export { maxPool, meanPool } from "./pool.js";
export { recentIds } from "./recentIds.js";
export { argmax, broadcastTo, max, mean, sum, sumTo } from "./reduce.js";
export { restart } from "./restart.js";
export { rnn } from "./rnn.js";
export { rotary } from "./rotary.js";
export { sample } from "./sample.js";
export { scan } from "./scan.js";
export { asRows, concat, copy, pad, reshape, slice, transpose } from "./shape.js";
export { logSoftmax, softmax } from "./softmax.js";
export { softplus } from "./softplus.js";
export { sparsify } from "./sparsify.js";
export { spell } from "./spell.js";
export { vectorScan } from "./vectorScan.js";
export { wordVectorLoss, wordVectorStep } from "./wordVectors.js";
