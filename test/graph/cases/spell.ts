import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

const forms = [
  { name: "one token", ids: { shape: [1], values: [2] } },
  { name: "tokens that come again", ids: { shape: [3, 2], values: [1, 3, 1, 0, 3, 1] } },
  { name: "all tokens, backwards", ids: { shape: [4], values: [3, 2, 1, 0] } },
];

export const cases: Cases = {
  spell: forms.map(({ name, ids }) => ({
    name,
    args: (inputs) => [
      {
        ids: inputs.integers("ids", ids.shape, ids.values),
        characters: inputs.integers("characters", [4, 3], [1, 2, 3, 4, 0, 0, 5, 1, 0, 2, 2, 5]),
        lengths: inputs.integers("lengths", [4], [3, 1, 2, 3]),
      },
    ],
    // Read through a table, as whole numbers have no gradient of their own.
    results: ({ spellings, lengths, places }, inputs) => {
      const table = inputs.floats("table", [6, 2]);
      return [spellings, lengths, places].map((tensor) => embedding(table, tensor));
    },
  })),
};
