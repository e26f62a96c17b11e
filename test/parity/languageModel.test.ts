import { describe, expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { Executor } from "../../lib/executor/executor.js";
import { LanguageModel } from "../../lib/models/languageModel.js";
import { optimizer } from "../../lib/train/optimizers.js";
import type { StepResult } from "../../lib/train/step.js";
import { TrainingStep } from "../../lib/train/step.js";
import { subjects, valuesFor } from "./executors.js";
import type { FigureTensor, FigureTensors } from "./figure.js";
import { readFigures } from "./figure.js";

interface GoldenRun {
  name: string;
  options: { optimizer: string; learningRate: number; clipNorm: number; reduction: "token" | "sequence" };
  /** Of ten consecutive updates, in nats per token. */
  losses: number[];
  /** Before clipping. */
  gradientNorms: number[];
  /** Of each parameter after the last update. */
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

/** Window `index` of the stream cut into B rows that are read side by side, and what follows each of its tokens. */
function window(index: number): { inputs: Int32Array; targets: Int32Array } {
  const stream = golden.stream.data;
  const at = (t: number, b: number) => stream[b * T * steps + index * T + t] as number;
  const cut = (shift: number) => Int32Array.from({ length: T * B }, (_, i) => at(Math.floor(i / B) + shift, i % B));
  return { inputs: cut(0), targets: cut(1) };
}

async function train(model: LanguageModel, { options }: GoldenRun): Promise<StepResult[]> {
  const { learningRate, clipNorm, reduction } = options;
  const step = new TrainingStep(model, {
    optimizer: optimizer(options.optimizer, { learningRate }),
    clipNorm,
    clipValue: 0,
    reduction,
  });
  const results: StepResult[] = [];
  for (let i = 0; i < steps; i++) {
    // The first window starts from zeros, the others from the state that the window before left.
    const feeds = { ...window(i), carry: Number(i > 0) };
    results.push(
      await step.run({ form: { T, B, role: "train" }, feeds, tokens: T * B }, { learningRate, step: i + 1, seed: 1 }),
    );
  }
  return results;
}

/** The error that ten updates may add up, over that of one pass. */
const growth = 10;

describe.each(subjects)(
  "on $name, ten updates of a two-layer LSTM language model have PyTorch's losses:",
  (subject) => {
    test.each(golden.runs)("$name", async (run) => {
      const executor = subject.executor();
      const model = await modelOn(executor);
      const results = await train(model, run);
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
