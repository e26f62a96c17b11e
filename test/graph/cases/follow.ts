import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

export const cases: Cases = {
  follow: [
    {
      name: "three classes, two states",
      args: (i) => [
        {
          states: i.integers("states", [6], [0, 1, 0, 1, 0, 1]),
          ids: i.integers("ids", [6], [0, 0, 1, 1, 3, 2]),
          classOf: i.integers("classOf", [4], [2, 0, 1, 1]),
          next: i.integers("next", [3, 2], [0, 1, 1, -1, 1, 0]),
        },
      ],
      results: (after, i) => [embedding(i.floats("table", [2, 3]), after)],
    },
  ],
};
