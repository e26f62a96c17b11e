import type { SentenceMarks } from "../../data/index.js";
import * as ops from "../../graph/ops/index.js";
import type { Tensor } from "../../graph/tensor.js";
import type { ExportedGraph } from "../../onnx/index.js";
import type { TokenNetwork } from "./tokenNetwork.js";
import { keptState } from "./tokenNetwork.js";

/**
 * A step of B texts for other programs: ids i32 [B] and the state before, to logits [B,V] and the state after, `next.NAME`. States begin as
 * zeros, but for a `lineage`, whose rows begin as their own numbers. In a model of sentences the end of one is read as the beginning of the
 * next, and the state begins again.
 */
export function exportedStep(network: TokenNetwork, marks: SentenceMarks | null): ExportedGraph {
  return {
    name: "step",
    sizes: ["B"],
    record(graph, { B = 1 }) {
      const ids = graph.feed("ids", "i32", [B]);
      const before = Object.fromEntries(
        network.stateEntries.map(({ name, size, dtype = "f32" }) => [name, graph.feed(name, dtype, [B, size])]),
      );
      const { ids: read, keep } = marks ? ops.restart(ids, marks) : { ids, keep: null };
      const state = keep ? keptState(before, keep, network.stateEntries) : before;
      const { logits, last } = network.nextLogits(ops.reshape(read, [1, B]), state);
      graph.output("logits", logits);
      for (const [name, tensor] of Object.entries(last) as [string, Tensor][]) graph.output(`next.${name}`, tensor);
    },
  };
}
