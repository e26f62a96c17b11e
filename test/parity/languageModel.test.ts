import { describe, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import type { Executor } from "../../lib/executor/executor.js";
import { LanguageModel } from "../../lib/models/languageModel/languageModel.js";
import { WindowData } from "../../lib/models/textModel/data.js";
import { optimizer } from "../../lib/train/optimizers.js";
import type { StepResult } from "../../lib/train/step.js";
import { TrainingStep } from "../../lib/train/step.js";
import { subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface GoldenRun {
  name: string;
  options: { optimizer: string; learningRate: number; clipNorm: number; reduction: "token" | "sequence" };
  /** Losses of ten consecutive updates, in nats per token. */
  losses: number[];
  /** Before clipping. */
  gradientNorms: number[];
  /** The norm of each parameter after the last update. */
  weightNorms: Record<string, number>;
}

const golden = readFigures<{
  sizes: { V: number; E: number; H: number; layers: number; B: number; T: number; steps: number };
  stream: FigureTensor;
  weights: FigureTensors;
  runs: GoldenRun[];
}>("languageModel");
const { V, E, H, layers, B, T, steps } = golden.sizes;

async function modelOn(executor: Executor): Promise<LanguageModel> {
  const tokenizer = CharacterTokenizer.fromText("abcdefghijklmnopqrstuvwxyz ");
  expect(tokenizer.size).toBe(V);
  const model = await LanguageModel.create({
    tokenizer,
    executor,
    cell: "lstm",
    layers,
    hiddenSize: H,
    embeddingSize: E,
  });
  expect(model.parameters.map(({ name }) => name).sort()).toEqual(Object.keys(golden.weights).sort());
  for (const [name, tensor] of Object.entries(golden.weights))
    await model.store.write(name, valuesFor(executor, tensor));
  return model;
}

async function train(model: LanguageModel, { options }: GoldenRun): Promise<StepResult[]> {
  const { learningRate, clipNorm, reduction } = options;
  const rule = optimizer(options.optimizer, { learningRate });
  const step = new TrainingStep(model, { optimizer: rule, clipNorm, clipValue: 0, reduction });
  const stream = memoryStream(Int32Array.from(golden.stream.data), golden.stream.data.length);
  const results: StepResult[] = [];
  for await (const batch of new WindowData(stream, { batchSize: B, windowLength: T }).batches(0)) {
    results.push(await step.run(batch, { learningRate, step: results.length + 1, seed: 1 }));
  }
  return results;
}

/** The error that ten updates may add up, over that of one pass. In float32 2e-7 to 1e-6 was seen. */
const growth = 3;

describe.each(subjects)(
  "on $name, ten updates of a two-layer LSTM language model have PyTorch's losses:",
  (subject) => {
    test.each(golden.runs)("$name", async (run) => {
      const executor = subject.executor();
      const model = await modelOn(executor);
      const results = await train(model, run);
      expect(results.length).toBe(steps);
      const tolerance = subject.tolerance * growth;
      for (const [i, result] of results.entries()) {
        expectNear(`loss ${i + 1}`, result.loss, run.losses[i] as number);
        expectNear(`gradient norm ${i + 1}`, result.gradientNorm, run.gradientNorms[i] as number);
      }
      for (const [name, norm] of Object.entries(run.weightNorms)) {
        const weight = await model.store.read(name);
        expectNear(`norm of ${name}`, Math.hypot(...weight), norm);
      }

      function expectNear(name: string, actual: number, expected: number): void {
        expect(Math.abs(actual / expected - 1), `${name}: got ${actual}, PyTorch has ${expected}`).toBeLessThan(
          tolerance,
        );
      }
    });
  },
);
