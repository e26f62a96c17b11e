import { counted, InputError, quote } from "../errors.js";
import type { Store, Values } from "../executor/executor.js";
import type { TensorFile } from "../formats/index.js";
import { withTensorFile } from "../formats/index.js";
import { elementsOf, sameShape, shapeText } from "../graph/program.js";
import { parametersRule, weightStoreRule } from "../nn/initialize.js";
import type { Parameter } from "../nn/parameter.js";
import { checkOption, completeOptions, text } from "../options.js";
import type { LoadWeightsOptions } from "./foreignNames.js";
import { loadWeightsRules, renamed } from "./foreignNames.js";
import type { Parts, TensorPart } from "./pytorchModules.js";
import { partsOf } from "./pytorchModules.js";

/** Names of what a file of another program lacked of a model. */
export interface LoadedWeights {
  /** Parameters that it had no tensor for: they keep their values or become 0, as the option `missing` says. */
  readonly missing: readonly string[];
}

/** New values of a parameter. */
interface NewValues {
  readonly parameter: Parameter;
  readonly values: Values;
}

/**
 * The values of parameters out of a file of another program; those that keep theirs are not among them.
 * @throws as `SavedModel.loadWeights` says.
 */
export function readForeignWeights(
  file: string,
  parameters: readonly Parameter[],
  options: LoadWeightsOptions,
): Promise<LoadedWeights & { values: NewValues[] }> {
  const { missing, ...names } = completeOptions("loadWeights", options, loadWeightsRules);
  return withTensorFile(checkOption("loadWeights", "file", file, text()), async (source) => {
    const own = new Map(parameters.map((parameter) => [parameter.name, parameter]));
    const named = renamed(file, source.tensors, names);
    const parts = partsOf(named, new Set(own.keys()));
    expectFits(file, { parts, own, missing });
    const values: NewValues[] = [];
    for (const parameter of parameters) {
      const its = parts.get(parameter.name);
      if (its) values.push({ parameter, values: await valuesOf(file, parameter, its, source) });
      else if (missing === "zero") values.push({ parameter, values: zeros(parameter) });
    }
    return { values, missing: [...own.keys()].filter((name) => !parts.has(name)) };
  });
}

/**
 * Gives parameters of own layers the values that another program wrote to a file, as `model.loadWeights` does for those of a model:
 * `loadWeights(store, [...encoder.parameters, ...output.parameters], "weights.pt", { rename: { lstm: "encoder" } })`. All change, or none.
 * @returns the parameters that the file had no tensor for, where the option `missing` lets it pass.
 * @throws as `SavedModel.loadWeights`.
 */
export async function loadWeights(
  store: Store,
  parameters: readonly Parameter[],
  file: string,
  options: LoadWeightsOptions = {},
): Promise<LoadedWeights> {
  checkOption("loadWeights", "store", store, weightStoreRule);
  checkOption("loadWeights", "parameters", parameters, parametersRule);
  const { values: all, missing } = await readForeignWeights(file, parameters, options);
  for (const { parameter, values } of all) {
    if (values.every(Number.isFinite)) continue;
    throw new InputError(`loadWeights: a weight of ${parameter.name} is not finite.`);
  }
  for (const { parameter, values } of all) {
    const { name, dtype, shape } = parameter;
    store.declare({ name, dtype, shape });
    await store.write(name, values);
  }
  return { missing };
}

interface Fit {
  parts: Parts;
  own: ReadonlyMap<string, Parameter>;
  missing: "refuse" | "keep" | "zero";
}

/** @throws InputError that lists all names that are missing, that nothing has a place for, and whose shapes differ. */
function expectFits(file: string, { parts, own, missing }: Fit): void {
  const absent = [...own.keys()].filter((name) => !parts.has(name));
  const unused = unusedNames(parts, own);
  const misshaped = [...own.values()].flatMap(({ name, shape }) => {
    const its = parts.get(name);
    if (!its || sameShape(joinedShape(its), shape)) return [];
    const from = its.map(({ tensor }) => `${quote(tensor.name)} ${shapeText(tensor.shape)}`).join(" and ");
    return [`${from} for ${name} ${shapeText(shape)}`];
  });
  const complaints = [
    absent.length > 0 && missing === "refuse" ? `has no tensor for ${listed("parameter", absent.map(quote))}` : "",
    unused.length > 0 ? `has ${listed("tensor", unused.map(quote))} that the model has no parameter for` : "",
    misshaped.length > 0 ? `has ${listed("tensor", misshaped)} of another shape` : "",
  ].filter((complaint) => complaint !== "");
  if (complaints.length === 0) return;
  throw new InputError(`${file} ${complaints.join(", and ")}. ${advice({ absent, unused, misshaped })}`);
}

/** Tensors that no parameter takes, but for a table that another one shares. */
function unusedNames(parts: Parts, own: ReadonlyMap<string, Parameter>): string[] {
  const taken = new Set<string>();
  for (const [name, its] of parts) {
    if (own.has(name)) for (const { tensor } of its) taken.add(tensor.sameAs ?? tensor.name);
  }
  return [...parts].flatMap(([name, its]) =>
    own.has(name) || its.every(({ tensor }) => taken.has(tensor.sameAs ?? tensor.name)) ? [] : [name],
  );
}

function advice({ absent, unused, misshaped }: Record<"absent" | "unused" | "misshaped", readonly string[]>): string {
  const prefix = prefixOf(absent, unused);
  if (prefix !== undefined) return `With prefix: ${quote(prefix)} the names would fit.`;
  if (absent.length + unused.length === 0 && misshaped.length > 0)
    return "Make the model of the sizes that the file has.";
  return "Give the right names with rename, where null leaves a tensor out (on a command line: --rename name=).";
}

/** The beginning that all absent names have among the unused ones; undefined if there is none. */
function prefixOf(absent: readonly string[], unused: readonly string[]): string | undefined {
  const [first] = absent;
  if (first === undefined) return undefined;
  const names = new Set(unused);
  const prefixes = unused.filter((name) => name.endsWith(`.${first}`)).map((name) => name.slice(0, -first.length));
  return prefixes.find((prefix) => absent.every((name) => names.has(prefix + name)));
}

/** The first names of a list, for a message. */
function listed(noun: string, names: readonly string[]): string {
  const shown = names.slice(0, 6).join(", ");
  return `${counted(names.length, noun)} (${shown}${names.length > 6 ? ", ..." : ""})`;
}

/** The shape of parts one after the other. */
function joinedShape(parts: readonly TensorPart[]): number[] {
  const [first] = parts as readonly [TensorPart];
  if (parts.length === 1 && !first.rows) return [...first.tensor.shape];
  const rows = parts.reduce((sum, part) => sum + rowsOf(part)[1] - rowsOf(part)[0], 0);
  return [rows, ...first.tensor.shape.slice(1)];
}

function rowsOf({ tensor, rows }: TensorPart): readonly [number, number] {
  return rows ?? [0, tensor.shape[0] ?? 1];
}

async function valuesOf(
  file: string,
  parameter: Parameter,
  parts: readonly TensorPart[],
  source: TensorFile,
): Promise<Values> {
  const [first] = parts as readonly [TensorPart];
  if (parts.length === 1 && !first.rows) return numbersOf(file, parameter, first.tensor.name, source);
  const values = new Float32Array(elementsOf(parameter.shape));
  let place = 0;
  for (const part of parts) {
    const numbers = await numbersOf(file, parameter, part.tensor.name, source);
    const width = elementsOf(part.tensor.shape.slice(1));
    const [from, to] = rowsOf(part);
    values.set(numbers.subarray(from * width, to * width), place);
    place += (to - from) * width;
  }
  return values;
}

async function numbersOf(
  file: string,
  { dtype }: Parameter,
  name: string,
  source: TensorFile,
): Promise<Float32Array | Int32Array> {
  const values = await source.read(name);
  if (dtype === "i32") {
    if (values instanceof Int32Array) return values;
    throw new InputError(`${file}: expected ${quote(name)} to hold whole numbers of 32 bits (I32).`);
  }
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  throw new InputError(`${file}: expected ${quote(name)} to hold floats, got whole numbers.`);
}

function zeros({ dtype, shape }: Parameter): Float32Array | Int32Array {
  return dtype === "i32" ? new Int32Array(elementsOf(shape)) : new Float32Array(elementsOf(shape));
}
