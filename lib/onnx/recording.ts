import { quote, ShapeError } from "../errors.js";
import { Graph } from "../graph/graph.js";
import type { Op, Program, Value } from "../graph/program.js";
import type { OnnxValue } from "./builder.js";
import type { Dimension, Sizes } from "./dimension.js";
import { dimensionOf, sizesFor, sizeTables } from "./dimension.js";
import type { ExportedGraph } from "./exportedGraph.js";

/** A program that was recorded three times, with different sizes, from which its dimensions are told. */
export class Recording {
  readonly program: Program;
  readonly #programs: readonly Program[];
  readonly #sizes: readonly Sizes[];

  private constructor(programs: readonly Program[], sizes: readonly Sizes[]) {
    this.program = programs[0] as Program;
    this.#programs = programs;
    this.#sizes = sizes;
  }

  /** @throws ShapeError for a program whose ops depend on its sizes. */
  static of({ name, sizes: symbols, largest, record }: ExportedGraph): Recording {
    // Layers may compute one thing in two ways, whichever is less work for their sizes.
    for (const table of sizeTables) {
      const sizes = sizesFor(symbols, { table, largest });
      const programs = sizes.map((own) => {
        // Rewrites record what is cheaper here, and may have no counterpart.
        const graph = new Graph({ rewrites: [] });
        record(graph, own);
        return graph.program();
      });
      const opsOf = ({ ops }: Program) => ops.map((op) => `${op.name} ${op.operands} ${op.results}`).join();
      if (new Set(programs.map(opsOf)).size === 1) return new Recording(programs, sizes);
    }
    throw new ShapeError(`ONNX: the ops of ${quote(name)} depend on the sizes of what it reads.`);
  }

  /** A value of the program, under a name. */
  value(id: number, name: string): OnnxValue {
    const all = this.#programs.map(({ values }) => values[id] as Value);
    const [{ dtype, shape }] = all as [Value];
    const dimensions = shape.map((_, axis) =>
      this.#told(
        all.map((value) => value.shape[axis] as number),
        `axis ${axis} of ${name}`,
      ),
    );
    return { name, type: dtype === "i32" ? "i32" : "f32", shape: dimensions };
  }

  /** An attribute of op number `i`, the `at`-th of it. */
  attribute(i: number, at: number): Dimension {
    const [op] = this.#programs.map(({ ops }) => ops[i] as Op);
    return this.#told(
      this.#programs.map(({ ops }) => ops[i]?.attributes[at] as number),
      `an attribute of ${op?.name}`,
    );
  }

  /** The steps of loop number `i`. */
  steps(i: number): Dimension {
    return this.#told(
      this.#programs.map(({ loops }) => loops[i]?.steps as number),
      "the number of steps",
    );
  }

  #told(numbers: readonly number[], what: string): Dimension {
    const dimension = dimensionOf(numbers, this.#sizes);
    if (dimension === undefined) throw new ShapeError(`ONNX: ${what} depends on sizes in a way that is not known.`);
    return dimension;
  }
}
