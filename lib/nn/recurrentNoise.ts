import { OptionError } from "../errors.js";
import type { Graph } from "../graph/graph.js";
import * as ops from "../graph/ops/index.js";
import type { Tensor } from "../graph/tensor.js";
import type { Completed } from "../options.js";
import { option, real, table } from "../options.js";
import { Dropout } from "./dropout.js";
import type { StateEntry } from "./stateEntry.js";

const rate = real({ minimum: 0, below: 1, initial: 0 });

/** Options of noise on the way from step to step. */
export const recurrentNoiseRules = table("recurrent noise", {
  /**
   * Probability of zeroing a weight of the matrices that the state is multiplied with, one mask for the whole sequence (DropConnect on
   * them: Merity et al. 2018). It costs next to nothing. Default 0.
   */
  weightDropout: option(rate, { aka: ["weight_drop", "wdrop", "weight_dropout"] }),
  /**
   * Dropout on the state h that a step reads, one mask for the whole sequence (Gal & Ghahramani 2016). Training goes step by step
   * then, without the cell's fused op. Default 0.
   */
  recurrentDropout: option(rate, { aka: ["recurrent_dropout"] }),
  /**
   * Probability that an element of the state stays as it was in a step; without training the mean of both (Krueger et al. 2017). The cell
   * goes step by step then. Default 0.
   */
  zoneout: option(rate, { aka: ["zoneout_rate"] }),
});

/** Rates of the noise of a stack. */
export type NoiseRates = Completed<typeof recurrentNoiseRules>;

type Named = Readonly<Record<string, Tensor>>;

/** The noise of one layer and direction of a stack: what it does to weights, to the state that is read, and to the one that follows. */
export class RecurrentNoise {
  readonly #rates: NoiseRates;
  readonly #entries: readonly StateEntry[];
  readonly #weights: Dropout;
  readonly #state: Dropout;
  readonly #zoneout: Dropout;

  constructor(stack: string, rates: NoiseRates, entries: readonly StateEntry[]) {
    this.#rates = rates;
    this.#entries = entries;
    this.#weights = new Dropout(`${stack}.weightDropout`, { rate: rates.weightDropout, shared: true });
    this.#state = new Dropout(`${stack}.recurrentDropout`, { rate: rates.recurrentDropout });
    this.#zoneout = new Dropout(`${stack}.zoneout`, { rate: rates.zoneout });
  }

  /** Whether the equation has to be followed step by step. */
  stepwise({ training }: Graph): boolean {
    return this.#rates.zoneout > 0 || (training && this.#rates.recurrentDropout > 0);
  }

  /** A matrix that the state is multiplied with. */
  weight(tensor: Tensor): Tensor {
    return this.#weights.apply(tensor);
  }

  /** The state as a step reads it. A dropout that is recorded in a loop has one mask for all of its steps. */
  read(state: Named): Named {
    return { ...state, h: this.#state.apply(state.h as Tensor) };
  }

  /** Rows that the steps of a sequence need, [T,B,size]: 1 where an element of the state follows the equation, 0 where it stays. */
  rows(graph: Graph, T: number, B: number): Record<string, Tensor> {
    const { zoneout } = this.#rates;
    if (!graph.training || zoneout === 0) return {};
    return Object.fromEntries(
      this.#entries.map((entry) => {
        const ones = ops.broadcastTo(ops.affine(graph.zeros([]), { shift: 1 }), [T, B, entry.size]);
        return [rowName(entry), ops.affine(this.#zoneout.apply(ones), { scale: 1 - zoneout })];
      }),
    );
  }

  /** The state after a step, of which some elements stay. @param rows a row of each of `rows`. */
  after(next: Named, before: Named, rows: Named): Named {
    const { zoneout } = this.#rates;
    if (zoneout === 0) return next;
    return Object.fromEntries(
      this.#entries.map((entry) => {
        const [to, from] = [next[entry.kind] as Tensor, before[entry.kind] as Tensor];
        return [entry.kind, this.#moved(from, to, rows[rowName(entry)])];
      }),
    );
  }

  /** from + d (to - from): d is the row in training, the share of steps that move otherwise. */
  #moved(from: Tensor, to: Tensor, row: Tensor | undefined): Tensor {
    const way = ops.subtract(to, from);
    if (!from.graph.training) return ops.add(from, ops.affine(way, { scale: 1 - this.#rates.zoneout }));
    if (!row) throw new OptionError(`${this.#zoneout.name}: a step needs rows of dropoutMasks().`);
    return ops.add(from, ops.multiply(way, row));
  }
}

function rowName({ name }: StateEntry): string {
  return `zoneout ${name}`;
}

/** The rates of noise in a configuration, which leaves out those that are 0. */
export function noiseOf({ weightDropout = 0, recurrentDropout = 0, zoneout = 0 }: Partial<NoiseRates>): NoiseRates {
  return { weightDropout, recurrentDropout, zoneout };
}
