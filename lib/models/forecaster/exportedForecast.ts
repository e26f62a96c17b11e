import type { Graph } from "../../graph/graph.js";
import type { Tensor } from "../../graph/tensor.js";
import type { State } from "../../nn/stateEntry.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { ForecasterNetwork } from "./network.js";

/** The graphs of a forecaster: `forecast`, or of one that writes a segment after the other `read` and `step`. */
export function exportedForecast(network: ForecasterNetwork): ExportedGraph[] {
  const sizes = ["B"];
  if (network.config.decoder === "segments") {
    return [{ name: "forecast", sizes, record: (graph, { B = 1 }) => output(graph, network.forecast(graph, B), {}) }];
  }
  return (["read", "step"] as const).map((name) => ({
    name,
    sizes,
    record(graph, { B = 1 }) {
      const { parts, state } = network[name](graph, B);
      output(graph, parts, state);
    },
  }));
}

function output(graph: Graph, parts: readonly Tensor[], state: State): void {
  for (const [k, part] of parts.entries()) graph.output(`part${k}`, part);
  for (const [name, tensor] of Object.entries(state)) graph.output(`next.${name}`, tensor);
}
