export { differentiate } from "./differentiate.js";
export { Graph } from "./graph.js";
export type { Operation } from "./operation.js";
export { operations } from "./operation.js";
export * as ops from "./ops/index.js";
export type { DType, Op, Port, Program, Shape, Storage, Value, VariableSpec } from "./program.js";
export { elementsOf, shapeText } from "./program.js";
export { Tensor } from "./tensor.js";
