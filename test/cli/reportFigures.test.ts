import { expect, test } from "vitest";
import { figuresOf, summaryOf } from "../../lib/cli/reportFigures.js";
import type { History } from "../../lib/train/events.js";

test("a report's summary is a sentence, with how long the training was where that is known", () => {
  expect(summaryOf("a 1-layer LSTM", undefined)).toBe("A 1-layer LSTM.");
  expect(summaryOf("a 1-layer LSTM", { step: 1200, tokens: 76_800 })).toBe(
    "A 1-layer LSTM, after 1,200 updates on 76,800 tokens.",
  );
});

test("a report's figures are the best validation, the median speed, the time and the size", () => {
  const speeds = [10, 0, 4000, 2000, 3000];
  const losses = [1.5, Number.NaN, 1.25, 1.75];
  const history = {
    steps: speeds.map((tokensPerSecond) => ({ tokensPerSecond })),
    validations: losses.map((loss) => ({ loss, perplexity: Math.exp(loss), bitsPerCharacter: loss / Math.LN2 })),
  } as unknown as History;
  expect(figuresOf({ history, seconds: 75, parameterCount: 12_345 })).toEqual([
    ["validation loss", "1.250 nats"],
    ["perplexity", "3.49"],
    ["bits per character", "1.803"],
    ["tokens per second", "3,000"],
    ["training time", "1 min 15 s"],
    ["parameters", "12,345"],
  ]);
  expect(figuresOf({ history: null, seconds: 0, parameterCount: 5 })).toEqual([["parameters", "5"]]);
});

test("where another than the lowest loss was kept, a report tells of that one", () => {
  const validations = [
    { loss: 1.5, perplexity: 4.48, accuracy: 0.5, best: true },
    { loss: 1.6, perplexity: 4.95, accuracy: 0.75, best: true },
    { loss: 1.4, perplexity: 4.06, accuracy: 0.7 },
  ];
  const figures = figuresOf({ history: { steps: [], validations } as never, seconds: 0, parameterCount: 1 });
  expect(Object.fromEntries(figures)).toMatchObject({ "validation loss": "1.600 nats", accuracy: "75.00 %" });
});
