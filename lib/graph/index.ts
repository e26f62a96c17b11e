export { differentiate } from "./differentiate.js";
export type { BatchRows } from "./graph.js";
export { Graph } from "./graph.js";
export * as ops from "./ops/index.js";
export type { DType, LoopRange, Op, Port, Program, Shape, Storage, Value, ValueType, VariableSpec } from "./program.js";
export type { RewriteName } from "./rewrites/names.js";
export type { NamedTensors } from "./tensor.js";
export { Tensor } from "./tensor.js";
