import { OptionError } from "../../errors.js";
import type { Graph } from "../../graph/graph.js";
import { learntParameters } from "../../nn/parameter.js";
import type { Completed, OptionsOf } from "../../options.js";
import { option, real, table, whole } from "../../options.js";
import { DynamicStep } from "../../train/dynamicStep.js";
import type { Measured, MeasuringStep } from "../../train/evaluation.js";
import { EvaluationStep } from "../../train/evaluation.js";
import type { Batch, RecordedLoss, Trainable } from "../../train/trainable.js";
import { CountCache } from "./countCache.js";
import type { LanguageModelForm } from "./data.js";
import { HiddenCache } from "./hiddenCache.js";

/** Options of a measurement that lets the text so far help to predict what follows. */
export const adaptationRules = table("adaptation", {
  /**
   * N: tokens of the text so far whose cache the model is interpolated with: (1 - λ) p + λ p_cache. 0 for no cache. The text is read from
   * its beginning to its end. Default 0.
   */
  cacheSize: option(whole({ initial: 0 }), {
    aka: ["cache", "cache_window", "pointer_window"],
    excludes: ["batchSize"],
  }),
  /** λ: weight of the cache. Default 0.1. */
  cacheWeight: option(real({ minimum: 0, below: 1, initial: 0.1 }), {
    aka: ["lambda", "lambdasm"],
    needs: { cacheSize: true },
  }),
  /**
   * θ of the continuous cache of Grave et al. (2017), in which a token of the cache counts exp(θ h_t · h_i) where its state is h_i and the
   * present one h_t. 0 counts all alike, which is a unigram cache (Kuhn & De Mori 1990), and needs no states. Default 0.
   */
  cacheTheta: option(real({ minimum: 0, initial: 0 }), { aka: ["theta", "flatness"], needs: { cacheSize: true } }),
  /**
   * η: dynamic evaluation (Mikolov et al. 2010; Krause et al. 2018), which learns from each window after it has been measured, by a step
   * of gradient descent with this learning rate. The model stays as it is. 0 for none. Default 0.
   */
  dynamicRate: option(real({ minimum: 0, initial: 0 }), {
    aka: ["dynamic_evaluation", "dynamic_lr"],
    excludes: ["batchSize"],
  }),
  /** λ of dynamic evaluation: share of the way that the weights go back to those of the model after each step. Default 0. */
  dynamicDecay: option(real({ minimum: 0, maximum: 1, initial: 0 }), { needs: { dynamicRate: true } }),
});

/** Options of a measurement that adapts to its text. @inline */
export type AdaptationOptions = OptionsOf<typeof adaptationRules>;

type Adaptation = Completed<typeof adaptationRules>;

/** Whether a measurement adapts to its text, which it then has to read in one piece and in order. */
export function adapts({ cacheSize, dynamicRate }: Pick<Adaptation, "cacheSize" | "dynamicRate">): boolean {
  return cacheSize > 0 || dynamicRate > 0;
}

/**
 * The step of a measurement that adapts, for batches of one sequence in the order of the text. @param length tokens of the text.
 * @throws OptionError for a model that has no weights to learn, or no states to compare.
 */
export async function adaptingStep(
  model: Trainable<LanguageModelForm>,
  options: Adaptation,
  length: number,
): Promise<MeasuringStep<LanguageModelForm>> {
  const { cacheWeight: weight, cacheTheta: theta, dynamicRate: learningRate } = options;
  // A longer cache would stay empty in part.
  const size = Math.min(options.cacheSize, length);
  const hidden = size > 0 && theta > 0 ? new HiddenCache(model.executor, { size, weight, theta }) : null;
  const counts = size > 0 && theta === 0 ? new CountCache({ size, weight }) : null;
  const also = (graph: Graph, recorded: RecordedLoss) => {
    if (hidden) hidden.record(graph, expectHidden(recorded));
  };
  if (learningRate > 0 && learntParameters(model).length === 0) {
    throw new OptionError("evaluate: dynamicRate needs weights that training changes, and this model has none.", [
      "dynamicRate",
    ]);
  }
  const step =
    learningRate > 0
      ? await DynamicStep.of(model, { learningRate, decay: options.dynamicDecay, also })
      : new EvaluationStep(model, { also });
  return {
    run: async (batch) => {
      const result = await step.run(batch, () => hidden?.feeds ?? {});
      const targets = targetsOf(batch, result);
      if (hidden) return withLosses(result, await hidden.read(targets, result.losses, result.outputs));
      if (!counts) return result;
      return withLosses(
        result,
        Float64Array.from(targets, (id, t) => counts.read(id, result.losses[t] as number)),
      );
    },
  };
}

function expectHidden({ hidden }: RecordedLoss) {
  if (hidden) return hidden;
  throw new OptionError(
    "evaluate: cacheTheta compares the states of a network, and this model shows none: leave it out (0) for a cache that only counts.",
    ["cacheTheta"],
  );
}

/** The targets of a batch of one sequence, whose padding is behind them. */
function targetsOf({ feeds }: Batch<LanguageModelForm>, { tokens }: Measured): Int32Array {
  return (feeds.targets as Int32Array).subarray(0, tokens);
}

function withLosses(result: Measured, losses: Float64Array): Measured {
  return { ...result, losses, total: losses.reduce((sum, loss) => sum + loss, 0) };
}
