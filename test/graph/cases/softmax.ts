import * as ops from "../../../lib/graph/ops/index.js";
import type { OpCases } from "../case.js";
import { unary } from "../case.js";

export const cases: OpCases["cases"] = {
  softmax: unary(ops.softmax, { scale: 4 }).slice(1),
  logSoftmax: unary(ops.logSoftmax, { scale: 4 }).slice(1),
};
