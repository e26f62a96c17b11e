import type { TaggedSentence, Tokenizer } from "../../data/index.js";
import { expectTagged, UnknownTokenError } from "../../data/index.js";
import type { Executor, Store } from "../../executor/executor.js";
import { Programs } from "../../executor/programs.js";
import { inTurns } from "../inTurns.js";
import { layerVectors, outputLayers } from "../layerVectors.js";
import type { Probe, ProbeOptions } from "../probe.js";
import { completeProbe, fitProbe } from "../probe.js";
import { byLength, sideBySide } from "../sideBySide.js";
import type { LanguageModelNetwork } from "./network.js";

/** Sentences that are read side by side. */
const batchSize = 32;

/** The probe of a language model: of what each layer holds after the last token of a word. */
export async function probeWords(
  model: {
    network: LanguageModelNetwork;
    executor: Executor;
    store: Store;
    tokenizer: Tokenizer;
    /** Tokens that are read before a sentence. */
    opening: readonly number[];
  },
  sentences: readonly TaggedSentence[],
  options: ProbeOptions,
): Promise<Probe> {
  const { network, executor, tokenizer, opening } = model;
  const { onProgress, signal, ...rest } = completeProbe(options);
  expectTagged("probe", sentences);
  const read = (sentence: TaggedSentence) => readSentence(sentence, { tokenizer, opening });
  const known = (await inTurns(sentences, read, signal)).filter((sentence) => sentence !== null);
  const starts: number[] = [];
  let count = 0;
  for (const { ends } of known) {
    starts.push(count);
    count += ends.length;
  }
  const programs = new Programs(model);
  const layers = await layerVectors({
    count,
    batches: byLength(
      known.map(({ ids }) => ids),
      batchSize,
    ),
    places: (i) => (known[i]?.ends ?? []).map((end, w) => ({ row: (starts[i] as number) + w, steps: [end] })),
    run: async (batch) => {
      const { T, B, ids, lengths } = sideBySide(batch.map((i) => known[i]?.ids as Int32Array));
      const executable = programs.get(`${T} ${B}`, (graph) => {
        const { embedded, layers } = network.layers(
          graph.feed("ids", "i32", [T, B]),
          graph.feed("lengths", "i32", [B]),
        );
        outputLayers(graph, embedded, layers);
      });
      return { T, B, outputs: (await executable.run({ ids, lengths })).outputs };
    },
    onProgress: (share) => onProgress?.(share / 2),
    signal,
  });
  const labels = known.flatMap(({ tags }) => tags);
  const groups = Int32Array.from(known.flatMap(({ tags }, i) => tags.map(() => i)));
  const leftOut = sentences.length - known.length;
  return fitProbe({ layers, labels, groups, leftOut }, { ...rest, onProgress, signal, executor });
}

/**
 * The tokens of a sentence, and where each of its words ends; null for a sentence with an unknown character.
 */
export function readSentence(
  { tokens, tags }: TaggedSentence,
  { tokenizer, opening }: { tokenizer: Tokenizer; opening: readonly number[] },
): { ids: Int32Array; ends: number[]; tags: readonly string[] } | null {
  const ids = [...opening];
  const ends: number[] = [];
  try {
    for (const [w, word] of tokens.entries()) {
      for (const id of tokenizer.encode(w === 0 ? word : ` ${word}`)) ids.push(id);
      ends.push(ids.length - 1);
    }
  } catch (error) {
    if (error instanceof UnknownTokenError) return null;
    throw error;
  }
  return { ids: Int32Array.from(ids), ends, tags };
}
