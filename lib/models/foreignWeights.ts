import { counted, InputError, OptionError, quote } from "../errors.js";
import type { NamedTensor } from "../formats/index.js";
import { readSafetensors } from "../formats/index.js";
import { shapeText } from "../graph/program.js";
import type { Parameter } from "../nn/parameter.js";
import { callback, checkOption, completeOptions, text } from "../options.js";

/** Options of `loadWeights`. */
export interface LoadWeightsOptions {
  /** The parameter's name for a tensor of the file; null leaves the tensor out. Default: the tensor's own name. */
  rename?: (name: string) => string | null;
}

const rules = { rename: callback<(name: string) => string | null>() };

/** The values of each parameter, in their order, from a file of another program. @throws as `SavedModel.loadWeights` says. */
export async function readForeignWeights(
  file: string,
  parameters: readonly Parameter[],
  options: LoadWeightsOptions,
): Promise<(Float32Array | Int32Array)[]> {
  const { rename = (name: string) => name } = completeOptions("loadWeights", options, rules);
  const { tensors } = await readSafetensors(checkOption("loadWeights", "file", file, text()));
  const named = new Map<string, NamedTensor>();
  for (const tensor of tensors) {
    const name = rename(tensor.name);
    if (name === null) continue;
    if (typeof name !== "string") {
      throw new OptionError(`loadWeights: expected rename to return a name or null for ${quote(tensor.name)}.`);
    }
    const other = named.get(name);
    if (other) {
      throw new InputError(
        `${file}: ${quote(other.name)} and ${quote(tensor.name)} are both renamed to ${quote(name)}.`,
      );
    }
    named.set(name, tensor);
  }
  const missing = parameters.filter(({ name }) => !named.has(name)).map(({ name }) => name);
  const own = new Set(parameters.map(({ name }) => name));
  const unused = [...named.keys()].filter((name) => !own.has(name));
  if (missing.length > 0 || unused.length > 0) throw new InputError(difference(file, { missing, unused }));
  return parameters.map((parameter) => valuesFor(file, parameter, named.get(parameter.name) as NamedTensor));
}

function difference(file: string, { missing, unused }: { missing: string[]; unused: string[] }): string {
  const lacks = missing.length > 0 ? ` has no tensor for ${listed("parameter", missing)}` : "";
  const extra = unused.length > 0 ? ` has ${listed("tensor", unused)} that the model has no parameter for` : "";
  return `${file}${[lacks, extra].filter((part) => part !== "").join(", and")}. Give the right names with rename, which returns null for a tensor to leave out.`;
}

/** The first names of a list, for a message. */
function listed(noun: string, names: readonly string[]): string {
  const shown = names.slice(0, 6).map(quote).join(", ");
  return `${counted(names.length, noun)} (${shown}${names.length > 6 ? ", ..." : ""})`;
}

function valuesFor(file: string, { name, dtype, shape }: Parameter, tensor: NamedTensor): Float32Array | Int32Array {
  if (shape.length !== tensor.shape.length || shape.some((size, axis) => size !== tensor.shape[axis])) {
    throw new InputError(
      `${file}: expected ${quote(tensor.name)} of shape ${shapeText(shape)} for ${name}, got ${shapeText(tensor.shape)}.`,
    );
  }
  const { values } = tensor;
  if (dtype === "i32") {
    if (values instanceof Int32Array) return values;
    throw new InputError(`${file}: expected ${quote(tensor.name)} to hold whole numbers of 32 bits (I32).`);
  }
  if (values instanceof Float32Array) return values;
  if (values instanceof Float64Array) return Float32Array.from(values);
  throw new InputError(`${file}: expected ${quote(tensor.name)} to hold floats, got whole numbers.`);
}
