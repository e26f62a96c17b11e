import type { Cases } from "../case.js";
import { unary } from "../case.js";

export const cases: Cases = {
  softmax: unary({ scale: 4 }).slice(1),
  logSoftmax: unary({ scale: 4 }).slice(1),
};
