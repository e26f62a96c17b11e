export type { Sizes } from "./dimension.js";
export type { ExportedGraph } from "./exportedGraph.js";
export { writeOnnx } from "./onnxFile.js";
export type { OnnxPort, OnnxType } from "./onnxModel.js";
