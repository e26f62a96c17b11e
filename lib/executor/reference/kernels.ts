import { additiveGradient, attention, attentionGradient, attentionSum } from "./attention.js";
import { gruCell, gruCellGradient, lstmCell, lstmCellGradient } from "./cells.js";
import * as crossEntropy from "./crossEntropy.js";
import * as dropout from "./dropout.js";
import {
  add,
  affine,
  clamp,
  clampGradient,
  divide,
  exp,
  log,
  multiply,
  relu,
  reluGradient,
  sigmoid,
  sigmoidGradient,
  sqrt,
  square,
  subtract,
  tanh,
  tanhGradient,
} from "./elementwise.js";
import { embedding, embeddingGradient, sumRows } from "./embedding.js";
import { follow } from "./follow.js";
import * as gru from "./gru.js";
import type { Kernel } from "./kernel.js";
import * as layerNorm from "./layerNorm.js";
import * as lstm from "./lstm.js";
import { mask } from "./mask.js";
import { linear, matmul } from "./matmul.js";
import * as optimizer from "./optimizer.js";
import * as pick from "./pick.js";
import { broadcastTo, max, maxGradient, sumTo } from "./reduce.js";
import { restart } from "./restart.js";
import * as rnn from "./rnn.js";
import * as sample from "./sample.js";
import { concat, copy, pad, reshape, slice, transpose } from "./shape.js";
import { logSoftmax, logSoftmaxGradient, softmax, softmaxGradient } from "./softmax.js";

/** The kernel of every op, by name. */
export const kernels: Readonly<Record<string, Kernel>> = {
  ...{ add, subtract, multiply, divide, exp, log, sqrt, square, tanh, sigmoid, relu },
  ...{ tanhGradient, sigmoidGradient, reluGradient, affine, clamp, clampGradient },
  ...{ sumTo, broadcastTo, max, maxGradient },
  ...{ lstmCell, lstmCellGradient, gruCell, gruCellGradient },
  ...{ attention, attentionGradient, attentionSum, additiveGradient },
  ...{ reshape, copy, concat, slice, pad, transpose },
  ...{ matmul, linear, embedding, embeddingGradient, sumRows },
  ...{ follow, mask, restart },
  ...{ softmax, logSoftmax, softmaxGradient, logSoftmaxGradient },
  ...pick,
  ...crossEntropy,
  ...dropout,
  ...layerNorm,
  ...rnn,
  ...lstm,
  ...gru,
  ...optimizer,
  ...sample,
};
