import { expect, test } from "vitest";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { Graph } from "../../../lib/graph/graph.js";
import { SequenceTaggerNetwork } from "../../../lib/models/sequenceTagger/network.js";
import { storeOf } from "../slopes.js";

const [T, B, E] = [6, 3, 20];

/** By time, the vectors of words as the stack reads them in training, where all vectors are ones. */
async function vectorsInTraining(options: { dropout: number; variational?: boolean }): Promise<number[][]> {
  const sizes = { vocabularySize: 4, characterCount: 2, classes: 2, embeddingSize: E, hiddenSize: 2 };
  const network = new SequenceTaggerNetwork({ ...sizes, characters: "none", ...options });
  const graph = new Graph({ training: true });
  graph.output("x", network.layers(graph, { T, B, C: 1, W: 1 }).embedded);
  const executor = new ReferenceExecutor();
  const store = await storeOf(executor, network, (_, size) => new Float64Array(size).fill(1));
  const program = graph.program();
  const offered: Record<string, unknown> = {
    ids: new Int32Array(T * B),
    lengths: new Int32Array(B).fill(T),
    random: Int32Array.of(3, 1),
    ...graph.defaults,
  };
  const feeds = Object.fromEntries(program.feeds.map(({ name }) => [name, offered[name] as never]));
  const { x } = (await executor.compile(program, store).run(feeds)).outputs;
  return Array.from({ length: T }, (_, t) => [...(x as Float32Array).subarray(t * B * E, (t + 1) * B * E)]);
}

test("dropout leaves out half of the words' vectors, by other masks for each token, or by one for all with variational", async () => {
  expect(new Set((await vectorsInTraining({ dropout: 0 })).flat())).toEqual(new Set([1]));
  for (const variational of [false, true]) {
    const vectors = await vectorsInTraining({ dropout: 0.5, variational });
    expect(new Set(vectors.flat())).toEqual(new Set([0, 2]));
    const [first] = vectors as [number[]];
    for (const other of vectors.slice(1)) {
      if (variational) expect(other).toEqual(first);
      else expect(other).not.toEqual(first);
    }
  }
});
