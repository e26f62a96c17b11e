import type { ReportHistory } from "../../lib/viz/report.js";

/** Ten updates of 20 tokens in half a second each; a validation after 5 and after 10. */
export function historyOf(loss: (step: number) => number): ReportHistory {
  const steps = Array.from({ length: 10 }, (_, i) => ({
    step: i + 1,
    epoch: (i + 1) / 10,
    tokens: 20 * (i + 1),
    seconds: (i + 1) / 2,
    loss: loss(i + 1),
    gradientNorm: 1,
    learningRate: 0.001,
    tokensPerSecond: 40,
  }));
  const validations = [5, 10].map((step) => ({
    step,
    epoch: step / 10,
    loss: loss(step) + 0.1,
    perplexity: Math.exp(loss(step) + 0.1),
  }));
  return { steps, validations, samples: [] };
}
