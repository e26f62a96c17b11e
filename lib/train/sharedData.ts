import { OptionError } from "../errors.js";
import type { Values } from "../executor/executor.js";
import type { BatchRows } from "../graph/graph.js";
import { Graph } from "../graph/graph.js";
import type { Shape } from "../graph/program.js";
import { elementsOf } from "../graph/program.js";
import type { RowShare, TrainingData } from "./data.js";
import { rowsOfShare } from "./data.js";
import type { Batch, Trainable } from "./trainable.js";

type Sized = { readonly B: number };

/**
 * The rows of a rank of every batch. Contiguous rows, as many for every rank or one more; of a batch with fewer rows than ranks some
 * ranks have none, and get no feeds.
 */
export class SharedData<Form> implements TrainingData<Form> {
  readonly length: number;
  readonly identity?: string;
  readonly role?: "train" | "validate" | "evaluate";
  readonly characters?: number;
  readonly digest?: () => Promise<string>;
  readonly #data: TrainingData<Form>;
  readonly #model: Trainable<Form>;
  readonly #rank: RowShare;
  readonly #apart: { apart?: true };
  /** Axes of the rows, by the form of a batch. */
  readonly #axes = new Map<string, Map<string, { shape: Shape; axis: number }>>();

  /**
   * @param options.apart whether each rank learns from its rows by itself. Default false.
   * @throws OptionError for data whose batches cannot be shared.
   */
  constructor(
    data: TrainingData<Form>,
    model: Trainable<Form>,
    { apart = false, ...rank }: RowShare & { apart?: boolean },
  ) {
    if (!data.divisible) {
      throw new OptionError(
        "Trainer: the batches of this data cannot be shared by several processes: their rows depend on each other.",
      );
    }
    this.length = data.length;
    const { identity, role, characters } = data;
    if (identity !== undefined) this.identity = identity;
    if (role !== undefined) this.role = role;
    if (characters !== undefined) this.characters = characters;
    if (data.digest) this.digest = () => (data.digest as () => Promise<string>)();
    this.#data = data;
    this.#model = model;
    this.#rank = rank;
    this.#apart = apart ? { apart } : {};
  }

  async *batches(epoch: number, from = 0): AsyncGenerator<Batch<Form>, void, undefined> {
    const own = this.#data.batchesOfRows?.(epoch, from, this.#rank);
    if (own) for await (const batch of own) yield { ...batch, rows: { ...(batch.rows as BatchRows), ...this.#apart } };
    else for await (const batch of this.#data.batches(epoch, from)) yield this.#own(batch);
  }

  #own(batch: Batch<Form>): Batch<Form> {
    const { B: of } = batch.form as Sized;
    const { first, end } = rowsOfShare(of, this.#rank);
    const form = { ...batch.form, B: end - first };
    const axes = end > first ? this.#axesOf(batch.form) : new Map();
    const feeds = Object.fromEntries(
      Object.entries(batch.feeds).map(([name, values]) => {
        const known = axes.get(name);
        return [name, known && typeof values !== "number" ? rowsOf(values, { ...known, first, end }) : values];
      }),
    );
    // Counted once, for all rows.
    const unknown = batch.unknown === undefined || this.#rank.rank === 0 ? {} : { unknown: 0 };
    return { ...batch, ...unknown, form, feeds, rows: { first, of, ...this.#apart } };
  }

  /** The axis of each feed that grows with the number of rows. */
  #axesOf(form: Form): Map<string, { shape: Shape; axis: number }> {
    const key = JSON.stringify(form);
    let axes = this.#axes.get(key);
    if (!axes) {
      const { B } = form as Sized;
      const [shapes, larger] = [this.#shapes(form), this.#shapes({ ...form, B: B + 1 })];
      axes = new Map();
      for (const [name, shape] of shapes) {
        const axis = shape.findIndex((n, i) => n !== larger.get(name)?.[i]);
        if (axis >= 0) axes.set(name, { shape, axis });
      }
      this.#axes.set(key, axes);
    }
    return axes;
  }

  #shapes(form: Form): Map<string, Shape> {
    const graph = new Graph({ training: this.role === "train" });
    this.#model.recordLoss(graph, form);
    return graph.feedShapes;
  }
}

/** Entries first to end - 1 along an axis. */
function rowsOf(
  values: Values,
  { shape, axis, first, end }: { shape: Shape; axis: number; first: number; end: number },
): Values {
  const inner = elementsOf(shape.slice(axis + 1));
  const outer = elementsOf(shape.slice(0, axis));
  const [all, own] = [(shape[axis] as number) * inner, (end - first) * inner];
  const rows = new (values.constructor as Float32ArrayConstructor)(outer * own) as Values;
  for (let i = 0; i < outer; i++) {
    rows.set(values.subarray(i * all + first * inner, i * all + end * inner), i * own);
  }
  return rows;
}
