import type { Executor } from "../executor/executor.js";
import type { FolderKind, Vocabularies } from "../formats/index.js";
import type { Parameter } from "../nn/parameter.js";
import type { OptionTable } from "../options.js";
import { value } from "../options.js";
import type { SavedModel } from "./savedModel.js";

/** The layers of a model. */
export interface ModelNetwork {
  /** Every option of the architecture, as config.json keeps it. */
  readonly config: object;
  readonly parameters: readonly Parameter[];
}

/** The parts of a model. */
export interface ModelParts<V extends Vocabularies = Vocabularies, N extends ModelNetwork = ModelNetwork> {
  readonly network: N;
  readonly tokenizer: V;
  readonly executor: Executor;
}

/** The data that models of a kind learn from. */
export interface DataKinds {
  /** Names of the library's classes, for messages: ["WindowData", "SentenceData"]. */
  readonly data: readonly string[];
  /** Entries that the form of each batch has. */
  readonly form: readonly string[];
}

/**
 * A kind of model: the record by which a folder of it is read, and by which commands find what it can do. It is the static
 * property `kind` of the model's class.
 */
export interface ModelKind<
  M extends SavedModel = SavedModel,
  V extends Vocabularies = Vocabularies,
  N extends ModelNetwork = ModelNetwork,
> extends FolderKind<V, N> {
  /** The options of its configuration. */
  readonly options: OptionTable;
  /** The data that it learns from. Default: whatever its `recordLoss` records a loss of. */
  readonly reads?: DataKinds;
  /**
   * Parameters that may stay in their file, of whole numbers: every one of them is checked when it is used, so that an altered file can
   * spoil results and nothing else. There are no others then.
   */
  readonly mapped?: readonly string[];
  /** Checks options of a new model. Default: those of the table, and no others; a kind that has a cell adds the cell's own. */
  complete?(options: object, table: OptionTable): Record<string, unknown>;
  /** A model whose weights are still to come. */
  make(parts: ModelParts<V, N>): M;
}

/** A kind of model, as an argument. */
export const modelKindRule = value<ModelKind>(
  "a kind of model: { name, options, vocabularies, network, make }",
  (kind) => {
    const { name, options, vocabularies, network, make } = (kind ?? {}) as Partial<ModelKind>;
    const areObjects = [options, vocabularies].every((part) => typeof part === "object" && part !== null);
    return (
      typeof name === "string" &&
      name !== "" &&
      areObjects &&
      typeof network === "function" &&
      typeof make === "function"
    );
  },
);
