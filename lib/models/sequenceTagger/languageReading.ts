import type { TaggerVocabulary } from "../../data/index.js";
import type { Programs } from "../../executor/programs.js";
import { value } from "../../options.js";
import { byLength } from "../sideBySide.js";
import type { SequenceTaggerNetwork } from "./network.js";
import type { EncodedSentence } from "./sentences.js";
import { readingBatch } from "./sentences.js";

/** Sentences that are read side by side. */
const batchSize = 120;

/** A tagger, as what reads sentences with its language models. */
export interface LanguageReader {
  readonly network: SequenceTaggerNetwork;
  /** @internal */
  readLanguages(sentences: readonly EncodedSentence[], signal: AbortSignal | undefined): Promise<EncodedSentence[]>;
}

export const languageReaderRule = value<LanguageReader>(
  "a SequenceTagger",
  (model) => typeof (model as Partial<LanguageReader> | null)?.readLanguages === "function",
);

/**
 * The bytes that the states of a tagger's language models take for sentences.
 *
 * @internal
 */
export function languageBytes(
  { languages }: SequenceTaggerNetwork,
  sentences: readonly Pick<EncodedSentence, "ids">[],
): number {
  const size = languages.reduce((sum, { outputSize }) => sum + outputSize, 0);
  return 4 * size * sentences.reduce((sum, { ids }) => sum + ids.length, 0);
}

/** The sentences with the states of a tagger's language models at the ends of their words, to the bit those of reading each alone. */
export async function readLanguages(
  { network, tokenizer, programs }: { network: SequenceTaggerNetwork; tokenizer: TaggerVocabulary; programs: Programs },
  sentences: readonly EncodedSentence[],
  signal: AbortSignal | undefined,
): Promise<EncodedSentence[]> {
  const { languages } = network;
  const results = new Array<EncodedSentence>(sentences.length);
  const lengths = sentences.map(({ ids }) => ids);
  for (const batch of byLength(lengths, batchSize)) {
    signal?.throwIfAborted();
    const own = batch.map((i) => sentences[i] as EncodedSentence);
    const { sizes, feeds } = readingBatch(own, tokenizer);
    const { B } = sizes;
    const executable = programs.get(`languages ${JSON.stringify(sizes)}`, (graph) => {
      for (const language of languages) graph.output(language.direction, language.apply(graph, sizes));
    });
    const needed = executable.program.feeds.map(({ name }) => [name, feeds[name] as Int32Array]);
    const { outputs } = await executable.run(Object.fromEntries(needed));
    for (const [b, i] of batch.entries()) {
      const sentence = own[b] as EncodedSentence;
      const states = languages.map(({ direction, outputSize: F }) => {
        const rows = new Float32Array(sentence.ids.length * F);
        const all = outputs[direction] as Float32Array;
        for (let t = 0; t < sentence.ids.length; t++) {
          rows.set(all.subarray((t * B + b) * F, (t * B + b + 1) * F), t * F);
        }
        return [direction, rows] as const;
      });
      results[i] = { ...sentence, states: Object.fromEntries(states) };
    }
  }
  return results;
}
