import type { Rule } from "../options.js";
import { list, object, optional, text, value } from "../options.js";
import type { ReportHistory } from "./report.js";

/** NaN and infinity too: some measures are, and are left out of curves. */
const number = value<number>("a number", (number) => typeof number === "number");

const place = { step: number, epoch: number };

/** A history comes from a file as often as from a training: its numbers are numbers, and its texts texts. */
export const historyRule: Rule<ReportHistory> = object(
  {
    steps: list(
      object(
        {
          ...place,
          ...{ tokens: number, seconds: number, loss: number },
          ...{ gradientNorm: number, learningRate: number, tokensPerSecond: number },
        },
        { open: true },
      ),
    ),
    validations: list(
      object(
        { ...place, loss: number, perplexity: number, bitsPerCharacter: optional(number), accuracy: optional(number) },
        { open: true },
      ),
    ),
    samples: list(object({ step: number, loss: number, text: text({ empty: true }) }, { open: true })),
  },
  { open: true },
) as Rule<ReportHistory>;
