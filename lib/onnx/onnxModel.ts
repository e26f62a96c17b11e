import { Message } from "./protobuf.js";

/** Types of elements. */
export type OnnxType = "f32" | "i32" | "i64" | "bool";

/** Their numbers in TensorProto.DataType. */
export const onnxTypes: Readonly<Record<OnnxType, number>> = { f32: 1, i32: 6, i64: 7, bool: 9 };

/** Values that are part of the file. */
export interface OnnxTensor {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly number[];
  readonly values: Float32Array | Int32Array | BigInt64Array;
}

export type OnnxAttribute =
  | number
  | { readonly float: number }
  | readonly number[]
  | readonly string[]
  | string
  | OnnxGraph;

/** A node of a graph: an operator of ONNX. */
export interface OnnxNode {
  readonly type: string;
  readonly name: string;
  /** "" for one that is left out. */
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  readonly attributes: Readonly<Record<string, OnnxAttribute>>;
}

/** An input or output: sizes, and names of those that callers choose. */
export interface OnnxPort {
  readonly name: string;
  readonly type: OnnxType;
  readonly shape: readonly (number | string)[];
}

export interface OnnxGraph {
  readonly name: string;
  readonly nodes: readonly OnnxNode[];
  readonly tensors: readonly OnnxTensor[];
  readonly inputs: readonly OnnxPort[];
  readonly outputs: readonly OnnxPort[];
}

/** The version of the file format, and that of the operators: both are those of ONNX 1.12, which every runtime of today reads. */
const [irVersion, opset] = [8, 17];

/** A model of ONNX (onnx.proto of version 1.12) as bytes, in pieces. */
export function encodeOnnx(graph: OnnxGraph, metadata: Readonly<Record<string, string>>): Message {
  const model = new Message().integer(1, irVersion).text(2, "ostinato").message(7, encodeGraph(graph));
  model.message(8, new Message().text(1, "").integer(2, opset));
  for (const [key, value] of Object.entries(metadata)) model.message(14, new Message().text(1, key).text(2, value));
  return model;
}

function encodeGraph({ name, nodes, tensors, inputs, outputs }: OnnxGraph): Message {
  const graph = new Message();
  for (const node of nodes) graph.message(1, encodeNode(node));
  graph.text(2, name);
  for (const tensor of tensors) graph.message(5, encodeTensor(tensor));
  for (const port of inputs) graph.message(11, encodePort(port));
  for (const port of outputs) graph.message(12, encodePort(port));
  return graph;
}

function encodeNode({ type, name, inputs, outputs, attributes }: OnnxNode): Message {
  const node = new Message();
  for (const input of inputs) node.text(1, input);
  for (const output of outputs) node.text(2, output);
  node.text(3, name).text(4, type);
  for (const [attribute, value] of Object.entries(attributes)) node.message(5, encodeAttribute(attribute, value));
  return node;
}

function encodeAttribute(name: string, value: OnnxAttribute): Message {
  const attribute = new Message().text(1, name);
  const typed = (type: number) => attribute.integer(20, type);
  if (typeof value === "number") return typed(2).integer(3, value);
  if (typeof value === "string") return typed(3).text(4, value);
  if (isList(value)) {
    const texts = value.filter((item) => typeof item === "string");
    if (texts.length === 0) return typed(7).integers(8, value as readonly number[]);
    for (const text of texts) attribute.text(9, text);
    return typed(8);
  }
  return "float" in value ? typed(1).float(2, value.float) : typed(5).message(6, encodeGraph(value));
}

function isList(value: OnnxAttribute): value is readonly number[] | readonly string[] {
  return Array.isArray(value);
}

function encodeTensor({ name, type, shape, values }: OnnxTensor): Message {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  return new Message().integers(1, shape).integer(2, onnxTypes[type]).text(8, name).bytes(9, bytes);
}

function encodePort({ name, type, shape }: OnnxPort): Message {
  const sizes = new Message();
  for (const size of shape) {
    sizes.message(1, typeof size === "number" ? new Message().integer(1, size) : new Message().text(2, size));
  }
  const tensor = new Message().integer(1, onnxTypes[type]).message(2, sizes);
  return new Message().text(1, name).message(2, new Message().message(1, tensor));
}
