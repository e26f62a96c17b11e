import type { TaggedSentence, TaggerVocabulary } from "../../data/index.js";
import { expectTagged } from "../../data/index.js";
import type { Executor } from "../../executor/executor.js";
import type { Programs } from "../../executor/programs.js";
import { inTurns } from "../inTurns.js";
import { layerVectors, outputLayers } from "../layerVectors.js";
import type { Probe, ProbeOptions } from "../probe.js";
import { completeProbe, fitProbe } from "../probe.js";
import { byLength } from "../sideBySide.js";
import type { SequenceTaggerNetwork } from "./network.js";
import type { EncodedSentence } from "./sentences.js";
import { encodeTokens, readingBatch } from "./sentences.js";

/** Sentences that are read side by side. */
const batchSize = 120;

/** The probe of a tagger: of what each layer holds for a word. */
export async function probeTokens(
  model: { network: SequenceTaggerNetwork; tokenizer: TaggerVocabulary; executor: Executor },
  programs: Programs,
  { sentences, options }: { sentences: readonly TaggedSentence[]; options: ProbeOptions },
): Promise<Probe> {
  const { network, tokenizer, executor } = model;
  const { onProgress, signal, ...rest } = completeProbe(options);
  expectTagged("probe", sentences);
  const encoded = await inTurns(sentences, ({ tokens }) => encodeTokens(tokens, tokenizer), signal);
  let count = 0;
  const starts = sentences.map(({ tokens }) => {
    count += tokens.length;
    return count - tokens.length;
  });
  const lengths = encoded.map(({ ids }) => ids);
  const layers = await layerVectors({
    count,
    batches: byLength(lengths, batchSize),
    places: (i) => Array.from(lengths[i] as Int32Array, (_, t) => ({ row: (starts[i] as number) + t, steps: [t] })),
    run: async (batch) => {
      const { sizes, feeds } = readingBatch(
        batch.map((i) => encoded[i] as EncodedSentence),
        tokenizer,
      );
      const executable = programs.get(`layers ${JSON.stringify(sizes)}`, (graph) => {
        const { embedded, layers: above } = network.layers(graph, sizes);
        outputLayers(graph, embedded, above);
      });
      const own = executable.program.feeds.map(({ name }) => [name, feeds[name] as Int32Array]);
      return { ...sizes, outputs: (await executable.run(Object.fromEntries(own))).outputs };
    },
    onProgress: (share) => onProgress?.(share / 2),
    signal,
  });
  const labels = sentences.flatMap(({ tags }) => tags);
  const groups = Int32Array.from(sentences.flatMap(({ tags }, i) => tags.map(() => i)));
  return fitProbe({ layers, labels, groups }, { ...rest, onProgress, signal, executor });
}
