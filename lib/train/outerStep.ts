import type { Communicator } from "../executor/communicator.js";
import { Programs } from "../executor/programs.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { VariableSpec } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import type { Tensor } from "../graph/tensor.js";
import { learntParameters } from "../nn/parameter.js";
import type { Optimizer } from "./optimizers.js";
import { momentName } from "./optimizers.js";
import type { Reduction } from "./reduction.js";
import { sumOverRanks } from "./reduction.js";
import type { Wishes } from "./step.js";
import type { Trainable } from "./trainable.js";

export interface OuterOptions {
  /** Update rule of the steps that each rank makes alone. */
  optimizer: Optimizer;
  communicator: Communicator;
  reduced: Reduction;
  outerLearningRate: number;
  outerMomentum: number;
}

/**
 * The step that ranks make together after some that each has made alone, on its own rows: DiLoCo (Douillard et al. 2023, algorithm 1).
 * With θ the parameters from which all began, and θ_r those that rank r has come to,
 *
 *   Δ = mean_r(θ - θ_r)    v = μ v + Δ    θ = θ - η (Δ + μ v)
 *
 * The moments of the update rule become the mean of those of all ranks, so that after it all ranks are alike: a checkpoint of one is
 * that of all, for any number of ranks. (The paper leaves each its own.)
 */
export class OuterStep {
  readonly #model: Trainable<never>;
  readonly #options: OuterOptions;
  readonly #programs: Programs;

  constructor(model: Trainable<never>, options: OuterOptions) {
    this.#model = model;
    this.#options = options;
    this.#programs = new Programs(model, { communicator: options.communicator });
  }

  /** The variables that a checkpoint keeps: the velocities v. */
  variables(): VariableSpec[] {
    return this.#programs.variables.filter(({ name }) => name.startsWith(velocityOf("")));
  }

  /** Forgets the velocities of another training. */
  async forget(): Promise<void> {
    if (this.#options.outerMomentum === 0) return;
    const { store, executor } = this.#model;
    for (const { name: parameter, shape } of learntParameters(this.#model)) {
      const name = velocityOf(parameter);
      store.declare({ name, dtype: "f32", shape });
      await store.write(name, new executor.floats(elementsOf(shape)));
    }
  }

  /** Begins where the parameters are, which all ranks have alike. */
  async begin(): Promise<void> {
    await this.#programs.get("begin", (graph) => this.#recordBegin(graph)).run({});
  }

  /** Makes the step. @param own the wishes of this rank. @returns those of all ranks together. */
  async run(own: Wishes): Promise<Wishes> {
    const together = this.#programs.get("step", (graph) => this.#recordStep(graph));
    const { outputs } = await together.run({ stop: Number(own.stop), checkpoint: Number(own.checkpoint) });
    const asked = (name: string) => ((outputs[name]?.[0] ?? 0) as number) > 0;
    return { stop: asked("stop"), checkpoint: asked("checkpoint") };
  }

  #recordBegin(graph: Graph): void {
    const scale = one(graph);
    for (const parameter of learntParameters(this.#model)) {
      const { name, shape } = parameter;
      ops.assign(graph.variable({ name: startOf(name), dtype: "f32", shape }), parameter.in(graph), scale);
      if (this.#options.outerMomentum > 0) graph.variable({ name: velocityOf(name), dtype: "f32", shape });
    }
  }

  #recordStep(graph: Graph): void {
    const { optimizer, communicator, reduced, outerLearningRate, outerMomentum: momentum } = this.#options;
    const learnt = learntParameters(this.#model).map((parameter) => {
      const variable = (name: string) => graph.variable({ name, dtype: "f32", shape: parameter.shape });
      const moments = optimizer.moments.map((moment) => variable(momentName(optimizer, moment, parameter)));
      const velocity = momentum > 0 ? variable(velocityOf(parameter.name)) : null;
      return { weight: parameter.in(graph), start: variable(startOf(parameter.name)), velocity, moments };
    });
    const changes = learnt.map(({ start, weight }) => ops.subtract(start, weight));
    const moments = learnt.flatMap((each) => each.moments);
    const wishes = [graph.scalar("stop"), graph.scalar("checkpoint")];
    const sums = sumOverRanks(graph, { gradients: changes, last: wishes }, reduced);
    const exact = { ...reduced, compress: "none" } as const;
    const momentSums = moments.length > 0 ? sumOverRanks(graph, { gradients: moments, last: [] }, exact).gradients : [];
    const [scale, learningRate] = [one(graph), ops.affine(graph.zeros([]), { shift: outerLearningRate })];
    const meanOf = (sum: Tensor | undefined) => ops.affine(sum as Tensor, { scale: 1 / communicator.size });
    learnt.forEach(({ weight, start, velocity }, i) => {
      const step = { gradient: meanOf(sums.gradients[i]), scale, learningRate, velocity };
      ops.sgd({ ...step, weight: start, momentum, nesterov: momentum > 0, weightDecay: 0 });
      ops.assign(weight, start, scale);
    });
    moments.forEach((moment, i) => {
      ops.assign(moment, meanOf(momentSums[i]), scale);
    });
    const [stop, checkpoint] = sums.last as [Tensor, Tensor];
    graph.output("stop", stop);
    graph.output("checkpoint", checkpoint);
  }
}

const startOf = (name: string) => `outer.start/${name}`;
const velocityOf = (name: string) => `outer.velocity/${name}`;

function one(graph: Graph) {
  return ops.affine(graph.zeros([]), { shift: 1 });
}
