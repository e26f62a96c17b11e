import type { TrainerHistoryJson } from "./shapes.js";

/** One point of the curves: the mean over some updates. */
export interface HistoryPoint {
  step: number;
  epoch: number;
  tokens: number;
  loss: number;
  gradientNorm: number;
  learningRate: number;
  tokensPerSecond: number;
  seconds: number;
}

/** The part of a training that trainer.json keeps for reports. */
export interface History {
  steps: HistoryPoint[];
  validations: {
    step: number;
    epoch: number;
    loss: number;
    perplexity: number;
    bitsPerCharacter?: number;
    accuracy?: number;
    /** Whether it was the best so far, and its parameters were kept. */
    best?: boolean;
  }[];
  samples: { step: number; epoch: number; loss: number; text: string }[];
}

/** The validation whose parameters were kept; of a history that does not say so, that of the lowest loss. */
export function bestValidation<V extends { loss: number; best?: boolean }>(validations: readonly V[]): V | undefined {
  const kept = validations.findLast(({ best }) => best);
  return kept ?? validations.filter(({ loss }) => Number.isFinite(loss)).sort((a, b) => a.loss - b.loss)[0];
}

/** The history as it was before JSON, which has no NaN and no infinity, wrote null for them. */
export function historyOf({ steps, validations, samples }: Omit<TrainerHistoryJson, "seconds">): History {
  return {
    steps: steps.map((point) => ({
      ...point,
      loss: measured(point.loss),
      gradientNorm: measured(point.gradientNorm),
      learningRate: measured(point.learningRate),
      tokensPerSecond: measured(point.tokensPerSecond),
    })),
    validations: validations.map(({ step, epoch, loss, perplexity, bitsPerCharacter, accuracy, best }) => ({
      step,
      epoch,
      loss: measured(loss),
      // Above 709 nats the number is too large for a double.
      perplexity: perplexity ?? Math.exp(measured(loss)),
      ...(bitsPerCharacter === undefined ? {} : { bitsPerCharacter: measured(bitsPerCharacter) }),
      ...(accuracy === undefined ? {} : { accuracy: measured(accuracy) }),
      ...(best ? { best } : {}),
    })),
    samples: samples.map((sample) => ({ ...sample, loss: measured(sample.loss) })),
  };
}

function measured(value: number | null): number {
  return value ?? Number.NaN;
}
