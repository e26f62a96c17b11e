import { OptionError } from "../errors.js";
import { chunkBytes, writeFileAtomically } from "../formats/index.js";
import type { ExportedGraph } from "./exportedGraph.js";
import type { ReadVariable } from "./onnxGraph.js";
import { onnxGraph } from "./onnxGraph.js";
import type { OnnxPort } from "./onnxModel.js";
import { encodeOnnx } from "./onnxModel.js";

/** Bytes of a message of Protocol Buffers at most. */
const largestMessage = 2 ** 31 - 1;

/**
 * Writes a graph of a model, weights included, as a file of ONNX.
 * @returns its inputs and outputs.
 * @throws OptionError for an op that ONNX has no counterpart of, or weights of more than 2 GB; FileError if it cannot be written.
 */
export async function writeOnnx(
  file: string,
  graph: ExportedGraph,
  { read, metadata }: { read: ReadVariable; metadata: Readonly<Record<string, string>> },
): Promise<{ inputs: readonly OnnxPort[]; outputs: readonly OnnxPort[] }> {
  const onnx = await onnxGraph(graph, read);
  const message = encodeOnnx(onnx, metadata);
  if (message.length > largestMessage) {
    throw new OptionError(
      `ONNX: the graph ${graph.name} has ${message.length} bytes, and a file of ONNX may have 2 GB.`,
    );
  }
  await writeFileAtomically(file, async (sink) => {
    for (const part of message.parts) {
      for (let at = 0; at < part.length; at += chunkBytes) await sink.append(part.subarray(at, at + chunkBytes));
    }
  });
  return { inputs: onnx.inputs, outputs: onnx.outputs };
}
