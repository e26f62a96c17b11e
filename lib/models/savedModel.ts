import { join } from "node:path";
import { describe, OptionError, withArticle } from "../errors.js";
import type { ExecutorChoice } from "../executor/choice.js";
import { executorOf, executorRule } from "../executor/choice.js";
import type { Executor, Store, Values } from "../executor/executor.js";
import type { LoadedModel, TensorEntry, Vocabularies } from "../formats/index.js";
import { loadModelFolder, saveModelFolder, vocabularySizes } from "../formats/index.js";
import type { Graph } from "../graph/graph.js";
import type { Parameter } from "../nn/parameter.js";
import type { ExportedGraph, OnnxPort } from "../onnx/index.js";
import { writeOnnx } from "../onnx/index.js";
import type { Completed, OptionTable } from "../options.js";
import { checkOption, completeOptions, flag, optional, seed, text } from "../options.js";
import type { RecordedLoss, SavableModel } from "../train/trainable.js";
import type { WeightType } from "../weights.js";
import type { LoadWeightsOptions } from "./foreignNames.js";
import type { LoadedWeights } from "./foreignWeights.js";
import { readForeignWeights } from "./foreignWeights.js";
import type { ModelKind, ModelNetwork, ModelParts } from "./modelKind.js";
import { modelKindRule } from "./modelKind.js";
import { ModelWeights } from "./modelWeights.js";

/** Options of loading a model. */
export interface LoadOptions {
  /** The executor. Default: the native executor; without a binary WebAssembly or the reference (`model.executor.name` says which). */
  executor?: ExecutorChoice;
  /**
   * Compare the digest of the weights, which reads all of them. Default: true, but for the table of an n-gram model of 64 MB or more: that
   * stays in its file, of which only those pages are read that are needed. `false` leaves a smaller table there, too.
   */
  check?: boolean;
}

/** The rules of `LoadOptions`. */
export const loadRules = { executor: executorRule, check: optional(flag()) };

/** Options of a new model besides its configuration; a model without a vocabulary has no tokenizer. */
export type CreateOptions<V extends Vocabularies> = Pick<LoadOptions, "executor"> & {
  /** Seed for the initial weights. Default 1. */
  seed?: number;
} & ([V] extends [null] ? { tokenizer?: null } : { tokenizer: V });

/** A graph of ONNX that was written. */
export interface OnnxFile {
  readonly file: string;
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

let weightsOf: (model: SavedModel) => ModelWeights;

/** A model that is trained, saved and loaded: what all kinds have in common. */
export abstract class SavedModel<
  V extends Vocabularies = Vocabularies,
  N extends ModelNetwork = ModelNetwork,
  Form = unknown,
> implements SavableModel<Form>
{
  readonly kind: ModelKind;
  readonly network: N;
  readonly tokenizer: V;
  readonly executor: Executor;
  readonly #weights: ModelWeights;

  static {
    weightsOf = (model) => model.#weights;
  }

  protected constructor(kind: ModelKind, parts: ModelParts<V, N>) {
    if (typeof parts?.network !== "object") {
      const { name } = kind;
      throw new OptionError(`${name}: use await ${name}.create(options), or ${name}.load(folder, options).`);
    }
    this.kind = kind;
    this.network = parts.network;
    this.tokenizer = parts.tokenizer;
    this.executor = parts.executor;
    this.#weights = new ModelWeights(kind.name, parts.network.parameters, parts.executor);
  }

  get store(): Store {
    return this.#weights.store;
  }

  get parameters(): readonly Parameter[] {
    return this.network.parameters;
  }

  /** Number of weights. */
  get parameterCount(): number {
    return this.#weights.count;
  }

  /** The type that quantize() rounded the matrices to; null: they are float32. */
  get weightType(): WeightType | null {
    return this.#weights.type;
  }

  /**
   * Rounds all weight matrices, row by row, to a smaller type, for good: from then on the model can write and measure, not
   * learn. Its files become smaller, and writing one text at a time faster, for that is bound by reading the weights. What
   * it costs in perplexity is what evaluate() says before and after.
   * @throws InputError if a weight is not finite.
   * @throws OptionError if the model is rounded to another type already.
   */
  quantize(type: WeightType): Promise<void> {
    return this.#weights.quantize(type);
  }

  /**
   * Takes weights that another program wrote: safetensors (floats of 8 to 64 bits), or a state_dict or checkpoint that torch.save wrote,
   * whose pickle is read without running anything of it. The layers have PyTorch's parameter names, shapes and gate order, so a
   * `state_dict` fits once its modules' names are renamed; those of `nn.MultiheadAttention` and of Transformer layers are brought into our
   * form. All weights change, or none.
   * @returns the parameters that the file had no tensor for, where the option `missing` lets it pass.
   * @throws FileError if the file is neither, is damaged, or holds more than plain data. @throws InputError that lists the parameters that
   * have no tensor in it, the tensors that have no parameter, and the shapes that differ; or if a weight is not finite. @throws OptionError
   * if the model's weights are rounded.
   */
  async loadWeights(file: string, options: LoadWeightsOptions = {}): Promise<LoadedWeights> {
    this.#weights.expectTrainable();
    const { values, missing } = await readForeignWeights(file, this.parameters, options);
    await this.#weights.replace("loadWeights", values);
    return { missing };
  }

  /** The parts of the model that other programs can run. @internal */
  exportedGraphs(): readonly ExportedGraph[] {
    return [];
  }

  /**
   * Writes the model for other programs, such as onnxruntime: files of ONNX (operators of version 17), one for each graph that it is made
   * of, weights included. docs/other-programs.md says which graphs each kind has, and their inputs and outputs.
   * @param folder for the files, which is made if it is not there; files of the same names are replaced.
   * @returns the files, with their inputs and outputs; sizes that callers choose are texts in the shapes.
   * @throws OptionError for a kind that has none, or an op that ONNX has no counterpart of.
   */
  async exportOnnx(folder: string): Promise<OnnxFile[]> {
    checkOption("exportOnnx", "folder", folder, text());
    const { kind, network, store } = this;
    const graphs = this.exportedGraphs();
    if (graphs.length === 0)
      throw new OptionError(`exportOnnx: there are no graphs of ONNX for ${withArticle(kind.name)}.`);
    const metadata = { kind: kind.name, config: JSON.stringify(network.config) };
    const own = new Set(this.parameters.map(({ name }) => name));
    const read = async (name: string) => (own.has(name) ? store.read(name) : null);
    const files: OnnxFile[] = [];
    for (const graph of graphs) {
      const file = join(folder, `${graph.name}.onnx`);
      files.push({ file, ...(await writeOnnx(file, graph, { read, metadata })) });
    }
    return files;
  }

  /** Records the loss of a batch; in training a model refuses if its weights are rounded. */
  abstract recordLoss(graph: Graph, form: Form): RecordedLoss;

  /** @throws OptionError for a batch that is made for another kind of model. @param data the batch comes from it. */
  expectForm(form: unknown, data: object): void {
    const { name, reads } = this.kind;
    if (!reads || reads.form.every((entry) => Object.hasOwn(Object(form), entry))) return;
    const got = describe(data).replace(/^an? (?=[A-Z])/, "");
    throw new OptionError(`${name}: expected ${reads.data.join(" or ")}, got ${got}.`);
  }

  /** @throws OptionError in training if the weights are rounded. */
  protected expectTrainable({ training }: Graph): void {
    if (training) this.#weights.expectTrainable();
  }

  /**
   * Writes the model into a folder: config.json, model.safetensors, and the vocabulary, if it has one.
   * @param options.overwrite replace another model that is there, with its training. Default false.
   * @throws FileError if the folder holds another model, is being trained, or cannot be written; a model that is there stays whole.
   */
  async save(folder: string, options: { overwrite?: boolean } = {}): Promise<void> {
    const { kind, network, tokenizer, weightType } = this;
    const tensors = await this.#weights.read();
    const content = { model: kind.name, config: network.config, tensors, weightType, tokenizer };
    await saveModelFolder(folder, content, options);
  }

  /** Reads back the weights that save() wrote. @throws FileError if the folder is damaged, or holds another model. */
  async restore(folder: string): Promise<void> {
    const { kind, network, tokenizer } = this;
    const same = { config: network.config, tokenizer };
    await this.#weights.write(await loadModelFolder(folder, { ...kind, network: () => network }, { same }));
  }
}

/** A model of a kind with new weights. @throws OptionError for options that do not fit together. */
export async function createModel<M extends SavedModel, V extends Vocabularies, N extends ModelNetwork>(
  kind: ModelKind<M, V, N>,
  options: CreateOptions<V>,
): Promise<M> {
  checkOption("createModel", "kind", kind, modelKindRule);
  const { name, vocabularies } = kind;
  const sizes = vocabularies.slots.map(({ size }) => size);
  const architecture = Object.entries(kind.options).filter(([option]) => !sizes.includes(option));
  const own = { tokenizer: vocabularies.rule, seed: seed(), executor: executorRule };
  const table: typeof own & OptionTable = { ...Object.fromEntries(architecture), ...own };
  const complete = (kind.complete?.(options, table) ?? completeOptions(name, options, table)) as Completed<typeof own>;
  const { tokenizer: _tokenizer, seed: _seed, executor: _executor, ...config } = options;
  const network = kind.network({ ...config, ...vocabularySizes(vocabularies, complete.tokenizer) });
  const model = kind.make({ network, tokenizer: complete.tokenizer, executor: executorOf(complete.executor) });
  await weightsOf(model).initialize(complete.seed);
  return model;
}

/** A model of a kind from its parts and the values of all its parameters, by name. */
export async function modelOf<M extends SavedModel, V extends Vocabularies, N extends ModelNetwork>(
  kind: ModelKind<M, V, N>,
  parts: ModelParts<V, N>,
  tensors: Readonly<Record<string, { readonly values: Values }>>,
): Promise<M> {
  const model = kind.make(parts);
  await weightsOf(model).write({ tensors: tensors as LoadedModel["tensors"], weightType: null });
  return model;
}

/** A model of a kind from its folder. @throws FileError if a file is missing, truncated, altered, or of another model. */
export async function loadModelOf<M extends SavedModel, V extends Vocabularies, N extends ModelNetwork>(
  kind: ModelKind<M, V, N>,
  folder: string,
  options: LoadOptions = {},
): Promise<M> {
  checkOption("loadModelOf", "kind", kind, modelKindRule);
  const { executor: choice, check } = completeOptions(kind.name, options, loadRules);
  checkOption(`${kind.name}.load`, "folder", folder, text());
  const executor = executorOf(choice);
  const least = check ? Number.POSITIVE_INFINITY : check === false ? 0 : leastMapped;
  const leave = ({ name, type, start, end }: TensorEntry) =>
    type === "I32" && end - start >= least && (kind.mapped?.includes(name) ?? false);
  const loaded = await loadModelFolder(folder, kind, { leave });
  const model = kind.make({ ...loaded, executor });
  try {
    if (loaded.left && !(await weightsOf(model).map(loaded.left))) {
      return await loadModelOf(kind, folder, { executor, check: true });
    }
  } finally {
    await loaded.left?.close();
  }
  if (!loaded.left) await weightsOf(model).write(loaded);
  return model;
}

/** Bytes of the smallest table that stays in its file unless it is asked for. */
const leastMapped = 2 ** 26;
