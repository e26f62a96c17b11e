// Made by scripts/op-lists.mjs from the files of this folder.
import * as allReduce from "./allReduce.js";
import * as attention from "./attention.js";
import * as cachedAttention from "./cachedAttention.js";
import * as cells from "./cells.js";
import * as convolution from "./convolution.js";
import * as crf from "./crf.js";
import * as crossEntropy from "./crossEntropy.js";
import * as dropout from "./dropout.js";
import * as elementwise from "./elementwise.js";
import * as embedding from "./embedding.js";
import * as filterMaxima from "./filterMaxima.js";
import * as follow from "./follow.js";
import * as gelu from "./gelu.js";
import * as gru from "./gru.js";
import * as hardSigmoid from "./hardSigmoid.js";
import * as keepIds from "./keepIds.js";
import * as keepRow from "./keepRow.js";
import type { Kernel } from "./kernel.js";
import * as layerNorm from "./layerNorm.js";
import * as lineage from "./lineage.js";
import * as logGamma from "./logGamma.js";
import * as lstm from "./lstm.js";
import * as mask from "./mask.js";
import * as matmul from "./matmul.js";
import * as multiHeadAttention from "./multiHeadAttention.js";
import * as nextPositions from "./nextPositions.js";
import * as ngram from "./ngram.js";
import * as ngramTable from "./ngramTable.js";
import * as optimizer from "./optimizer.js";
import * as pick from "./pick.js";
import * as pool from "./pool.js";
import * as recentIds from "./recentIds.js";
import * as reduce from "./reduce.js";
import * as restart from "./restart.js";
import * as rnn from "./rnn.js";
import * as rotary from "./rotary.js";
import * as sample from "./sample.js";
import * as shape from "./shape.js";
import * as softmax from "./softmax.js";
import * as softplus from "./softplus.js";
import * as sparsify from "./sparsify.js";
import * as spell from "./spell.js";
import * as vectorScan from "./vectorScan.js";
import * as wordVectors from "./wordVectors.js";

/** The kernel of every op, by name. Whatever else those files export is no op of the catalogue. */
export const kernels = {
  ...allReduce,
  ...attention,
  ...cachedAttention,
  ...cells,
  ...convolution,
  ...crf,
  ...crossEntropy,
  ...dropout,
  ...elementwise,
  ...embedding,
  ...filterMaxima,
  ...follow,
  ...gelu,
  ...gru,
  ...hardSigmoid,
  ...keepIds,
  ...keepRow,
  ...layerNorm,
  ...lineage,
  ...logGamma,
  ...lstm,
  ...mask,
  ...matmul,
  ...multiHeadAttention,
  ...nextPositions,
  ...ngram,
  ...ngramTable,
  ...optimizer,
  ...pick,
  ...pool,
  ...recentIds,
  ...reduce,
  ...restart,
  ...rnn,
  ...rotary,
  ...sample,
  ...shape,
  ...softmax,
  ...softplus,
  ...sparsify,
  ...spell,
  ...vectorScan,
  ...wordVectors,
} as unknown as Readonly<Record<string, Kernel>>;
