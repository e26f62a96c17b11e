import type { Graph } from "../graph/graph.js";
import type { Sizes } from "./dimension.js";

/** A part of a model as a graph that other programs can run: a step, an encoder. */
export interface ExportedGraph {
  /** The name of its file, without the ending. */
  readonly name: string;
  /** Names of the sizes that callers choose anew in each run: B, T. */
  readonly sizes: readonly string[];
  /** The largest of these sizes, where there is one. */
  readonly largest?: Sizes;
  /** Values of feeds that are always the same: they are part of the file. */
  readonly constants?: Readonly<Record<string, Float32Array | Int32Array>>;
  /** Records it, with feeds and outputs, for some of these sizes. */
  record(graph: Graph, sizes: Sizes): void;
}
