import { embedding } from "../../../lib/graph/ops/index.js";
import type { Cases } from "../case.js";

export const cases: Cases = {
  sample: [
    {
      name: "of three tokens",
      forwardOnly: true,
      args: (i) => [
        {
          logits: i.floats("logits", [6, 5]),
          temperature: i.scalar("temperature", 0.7),
          topK: i.integers("topK", [], [3]),
          topP: i.scalar("topP", 0.9),
          random: i.integers("random", [2], [7, 3]),
        },
      ],
      results: ({ ids, logProbability }, i) => [embedding(i.floats("table", [5, 2]), ids), logProbability],
    },
    {
      name: "with rows ahead",
      forwardOnly: true,
      args: (i) => [
        {
          logits: i.floats("logits", [6, 5]),
          temperature: i.scalar("temperature", 1.1),
          topK: i.integers("topK", [], [0]),
          topP: i.scalar("topP", 1),
          random: i.integers("random", [2], [7, 3]),
          ahead: i.integers("ahead", [6], [0, 5, 2, 0, 90, 1]),
        },
      ],
      results: ({ ids, logProbability }, i) => [embedding(i.floats("table", [5, 2]), ids), logProbability],
    },
  ],
};
