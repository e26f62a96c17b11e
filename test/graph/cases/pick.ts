import * as ops from "../../../lib/graph/ops/index.js";
import type { OpCases } from "../case.js";

export const cases: OpCases["cases"] = {
  pick: [
    { name: "with none", record: (i) => [ops.pick(i.floats("x", [4, 6]), i.integers("ids", [4], [5, -1, 0, 3]))] },
  ],
};
