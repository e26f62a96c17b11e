import { OptionError } from "../errors.js";
import type { Program } from "../graph/program.js";
import { firstValues } from "../graph/program.js";
import type { OnnxValue } from "./builder.js";
import { OnnxBuilder } from "./builder.js";
import type { Dimension } from "./dimension.js";
import type { ExportedGraph } from "./exportedGraph.js";
import type { OnnxGraph, OnnxPort } from "./onnxModel.js";
import { Recording } from "./recording.js";
import { Translator } from "./translator.js";

/** Reads the values of a parameter; null for another variable, which keeps the values that it begins with. */
export type ReadVariable = (name: string) => Promise<ArrayLike<number> | null>;

/**
 * A graph of a model as one of ONNX, weights included. Sizes of batches and sequences stay free in it.
 * @throws OptionError for an op that ONNX has no counterpart of.
 */
export async function onnxGraph(exported: ExportedGraph, read: ReadVariable): Promise<OnnxGraph> {
  const recording = Recording.of(exported);
  const { program } = recording;
  const builder = OnnxBuilder.create();
  const values = new Map<number, OnnxValue>();
  for (const { name, value } of program.feeds) {
    const feed = recording.value(value, name);
    const constant = exported.constants?.[name];
    values.set(value, constant ? constantOf(builder, feed, constant) : fed(builder, feed));
  }
  for (const { id, storage } of program.values) {
    if (storage.kind !== "variable" || values.has(id)) continue;
    const value = recording.value(id, storage.name);
    values.set(id, await variableOf(builder, { value, program, read }));
  }
  const translator = new Translator(recording, values);
  translator.run(builder);
  builder.within("");
  for (const { name, value } of program.outputs) {
    const result = translator.value(value);
    builder.node("Identity", [result], {}, [name]);
    builder.outputs.push(portOf({ ...result, name }));
  }
  return builder.graph(exported.name);
}

/** An input, whose sizes callers choose. */
function fed(builder: OnnxBuilder, feed: OnnxValue): OnnxValue {
  builder.inputs.push(portOf(feed));
  for (const [axis, size] of feed.shape.entries()) {
    if (typeof size !== "object" || size.factor !== 1 || size.rest !== 0) continue;
    const [symbol, another] = size.symbols;
    if (symbol !== undefined && another === undefined) builder.chooses(symbol, feed, axis);
  }
  return feed;
}

/** A variable: a tensor of the file, or zeros of some shape. */
async function variableOf(
  builder: OnnxBuilder,
  { value, program, read }: { value: OnnxValue; program: Program; read: ReadVariable },
): Promise<OnnxValue> {
  if (/^zeros\[/.test(value.name)) {
    const name = builder.node("Expand", [builder.floats([0]), builder.sizes(value.shape)]);
    return { ...value, name, zeros: true };
  }
  const spec = program.variables.find(({ name }) => name === value.name);
  const numbers = (await read(value.name)) ?? (await spec?.[firstValues]?.());
  if (!numbers) throw new OptionError(`ONNX: the variable ${value.name} is none that a model's file has.`);
  return constantOf(builder, value, numbers);
}

function constantOf(builder: OnnxBuilder, value: OnnxValue, numbers: ArrayLike<number>): OnnxValue {
  const values = value.type === "i32" ? Int32Array.from(numbers) : Float32Array.from(numbers);
  builder.tensor({ ...value, shape: value.shape as number[], values });
  return { ...value, values };
}

function portOf({ name, type, shape }: OnnxValue): OnnxPort {
  return { name, type, shape: shape.map((size) => (typeof size === "number" ? size : sizeName(size))) };
}

function sizeName({ factor, symbols, rest }: Exclude<Dimension, number>): string {
  const product = [...(factor === 1 ? [] : [factor]), ...symbols].join("*");
  return rest === 0 ? product : `${product}${rest > 0 ? "+" : ""}${rest}`;
}
