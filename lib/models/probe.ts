import { InputError } from "../errors.js";
import type { Executor } from "../executor/executor.js";
import { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import { initialize } from "../nn/initialize.js";
import { Linear } from "../nn/linear.js";
import type { Completed, OptionsOf } from "../options.js";
import { abortSignal, callback, completeOptions, real, seed, table } from "../options.js";
import { randomSource } from "../random/source.js";
import { adam } from "../train/optimizers.js";
import { cosine } from "../train/schedules.js";
import type { Batch, SavableModel } from "../train/trainable.js";
import { Trainer } from "../train/trainer.js";

export const probeRules = table("probe", {
  /**
   * Share of the sentences or texts that the linear classifiers are measured on, and do not learn from.
   * Default 0.2.
   */
  heldOut: real({ above: 0, below: 1, initial: 0.2 }),
  /** Seed for the choice of those, and for the classifiers. Default 1. */
  seed: seed(),
  /** Called with the share of the work that is done. Default: none. */
  onProgress: callback<(share: number) => void>(),
  /** Signal that stops the work. Default: none. */
  signal: abortSignal,
});

/** Options of `probe`. @interface */
export type ProbeOptions = OptionsOf<typeof probeRules>;

/** Accuracies that say how much the layers of a model know about labels. */
export interface Probe {
  /**
   * Accuracy of a linear classifier that reads the vectors of one layer alone, on examples that it has not
   * seen.
   */
  layers: { name: string; features: number; accuracy: number }[];
  /** The commonest label of those learnt from, and the accuracy of giving it to all. */
  majority: { label: string; accuracy: number };
  /** Labels that the classifiers learnt from, and that they were measured on. */
  examples: { learnt: number; measured: number };
  /**
   * Sentences that a language model left out, as its vocabulary lacks a character of theirs; 0 in other
   * models.
   */
  leftOut: number;
}

/** The vectors of a layer, one for each label. */
export interface LayerVectors {
  name: string;
  /** F: numbers of each. */
  features: number;
  /** [N,F] */
  values: Float32Array;
}

/** Labelled vectors, apart in groups of which each is learnt from or measured on as a whole. */
export interface ProbeData {
  layers: readonly LayerVectors[];
  /** [N] */
  labels: readonly string[];
  /** [N] the sentence or text that each comes from. */
  groups: Int32Array;
  /** Sentences without vectors, as the vocabulary lacks a character of theirs. Default 0. */
  leftOut?: number;
}

/** @throws OptionError for an option that does not exist or is outside its range. */
export function completeProbe(options: ProbeOptions): Completed<typeof probeRules> {
  return completeOptions("probe", options, probeRules);
}

/** Vectors that a step learns from. */
const batchSize = 256;

/**
 * Updates in which the classifiers have found what they can: fewer do not reach it in some thousand words,
 * more change little.
 */
const updates = 1500;

/**
 * Fits a linear classifier (softmax regression) to the vectors of each layer, and measures it on those of
 * other groups (Alain & Bengio 2016; Belinkov et al. 2017). Vectors are brought to mean 0 and deviation 1
 * first.
 * @throws InputError where all labels of the groups to learn from are the same, or nothing is left to measure
 *   on.
 */
export async function fitProbe(
  { layers, labels, groups, leftOut = 0 }: ProbeData,
  { heldOut, seed: start, executor, onProgress, signal }: Completed<typeof probeRules> & { executor: Executor },
): Promise<Probe> {
  const held = heldGroups(groups, { heldOut, seed: start });
  const all = Array.from(labels, (_, i) => i);
  const [learnt, measured] = [
    all.filter((i) => !held.has(groups[i] as number)),
    all.filter((i) => held.has(groups[i] as number)),
  ];
  const names = [...new Set(learnt.map((i) => labels[i] as string))].sort();
  if (names.length < 2 || measured.length === 0) {
    const without = leftOut > 0 ? `, with ${leftOut} left out for characters that the vocabulary lacks` : "";
    const wayOut = leftOut > 0 ? ", or a model with a token for unknown characters (--unknown)" : "";
    throw new InputError(
      `probe: expected two labels or more to learn from and some to measure on, got ${names.length} and ${measured.length} ` +
        `(sentences or texts: ${new Set(groups).size}${without}). Take more of them${wayOut}.`,
    );
  }
  const counts = new Map<string, number>();
  for (const i of learnt) counts.set(labels[i] as string, (counts.get(labels[i] as string) ?? 0) + 1);
  const [[common]] = [...counts].sort((a, b) => b[1] - a[1]) as [[string, number]];
  const accuracies: Probe["layers"] = [];
  for (const [l, layer] of layers.entries()) {
    const classes = new Map(names.map((name, id) => [name, id]));
    const targets = Int32Array.from(labels, (label) => classes.get(label) ?? -1);
    const fitted = new LinearProbe(layer, { classes: names.length, executor, learnt, targets });
    await fitted.fit(start, signal);
    const right = await fitted.right(measured);
    accuracies.push({ name: layer.name, features: layer.features, accuracy: right / measured.length });
    onProgress?.((1 + (l + 1) / layers.length) / 2);
  }
  const majority = measured.filter((i) => labels[i] === common).length / measured.length;
  return {
    layers: accuracies,
    majority: { label: common, accuracy: majority },
    examples: { learnt: learnt.length, measured: measured.length },
    leftOut,
  };
}

/** Some groups at random, at least one. */
function heldGroups(groups: Int32Array, { heldOut, seed: start }: { heldOut: number; seed: number }): Set<number> {
  const random = randomSource(start, "probe groups");
  const order = [...new Set(groups)].map((group) => ({ group, place: random.uniform() }));
  order.sort((a, b) => a.place - b.place);
  const count = Math.max(1, Math.round(heldOut * order.length));
  return new Set(order.slice(0, count).map(({ group }) => group));
}

interface ProbeForm {
  readonly B: number;
}

/** A linear classifier of the vectors of a layer. */
class LinearProbe implements SavableModel<ProbeForm> {
  readonly executor: Executor;
  readonly store;
  readonly output: Linear;
  readonly #layer: LayerVectors;
  readonly #learnt: readonly number[];
  readonly #targets: Int32Array;
  readonly #mean: Float64Array;
  readonly #scale: Float64Array;

  constructor(
    layer: LayerVectors,
    options: { classes: number; executor: Executor; learnt: readonly number[]; targets: Int32Array },
  ) {
    const { classes, executor, learnt, targets } = options;
    this.executor = executor;
    this.store = executor.createStore();
    this.output = new Linear("output", { inputSize: layer.features, outputSize: classes });
    this.#layer = layer;
    this.#learnt = learnt;
    this.#targets = targets;
    const { features: F, values } = layer;
    [this.#mean, this.#scale] = [new Float64Array(F), new Float64Array(F)];
    for (const i of learnt) for (let f = 0; f < F; f++) this.#mean[f] = at(this.#mean, f) + at(values, i * F + f);
    for (let f = 0; f < F; f++) this.#mean[f] = at(this.#mean, f) / learnt.length;
    for (const i of learnt) {
      for (let f = 0; f < F; f++)
        this.#scale[f] = at(this.#scale, f) + (at(values, i * F + f) - at(this.#mean, f)) ** 2;
    }
    // A feature that never moves says nothing.
    for (let f = 0; f < F; f++) {
      const deviation = Math.sqrt(at(this.#scale, f) / learnt.length);
      this.#scale[f] = deviation > 1e-12 ? 1 / deviation : 0;
    }
  }

  get parameters() {
    return this.output.parameters;
  }

  recordLoss(graph: Graph, { B }: ProbeForm) {
    const x = graph.feed("x", "f32", [B, this.#layer.features]);
    const { losses, count } = this.output.crossEntropy(x, graph.feed("targets", "i32", [B]));
    return { losses: ops.reshape(losses, [1, B]), count, carried: [] };
  }

  /** There is no folder to save it in. */
  async save(): Promise<void> {}

  async restore(): Promise<void> {}

  async fit(start: number, signal: AbortSignal | undefined): Promise<void> {
    await initialize(this.store, this.parameters, { seed: start });
    const random = randomSource(start, "probe batches");
    const draw = () => this.#learnt[Math.floor(random.uniform() * this.#learnt.length)] as number;
    const batch = (): Batch<ProbeForm> => {
      const rows = Array.from({ length: batchSize }, draw);
      const targets = Int32Array.from(rows, (i) => this.#targets[i] as number);
      return { form: { B: batchSize }, feeds: { x: this.#rows(rows), targets }, tokens: batchSize };
    };
    const data = {
      length: updates,
      *batches() {
        for (let i = 0; i < updates; i++) yield batch();
      },
    };
    const optimizer = adam({ learningRate: 0.005 });
    const trainer = new Trainer(this, { data, epochs: 1, optimizer, schedule: cosine() });
    await trainer.run(signal ? { signal } : {});
    signal?.throwIfAborted();
  }

  /** How many of some examples are given their label. */
  async right(examples: readonly number[]): Promise<number> {
    const graph = new Graph();
    const x = graph.feed("x", "f32", [batchSize, this.#layer.features]);
    graph.output("classes", ops.argmax(this.output.apply(x), 1));
    const reader = this.executor.compile(graph.program(), this.store);
    let right = 0;
    for (let from = 0; from < examples.length; from += batchSize) {
      const rows = examples.slice(from, from + batchSize);
      const { outputs } = await reader.run({ x: this.#rows(rows) });
      for (const [b, i] of rows.entries()) if (outputs.classes?.[b] === this.#targets[i]) right++;
    }
    return right;
  }

  /** Some vectors, [batchSize,F]; rows that are left are 0. */
  #rows(examples: readonly number[]): Float32Array {
    const { features: F, values } = this.#layer;
    const x = new Float32Array(batchSize * F);
    for (const [b, i] of examples.entries()) {
      for (let f = 0; f < F; f++) x[b * F + f] = (at(values, i * F + f) - at(this.#mean, f)) * at(this.#scale, f);
    }
    return x;
  }
}

function at(values: ArrayLike<number>, index: number): number {
  return values[index] as number;
}
