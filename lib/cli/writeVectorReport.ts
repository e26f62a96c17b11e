import type { Neighbour, WordVectors } from "../data/index.js";
import { InputError, quote } from "../errors.js";
import { writeFileAtomically } from "../formats/index.js";
import type { SavedModel } from "../models/savedModel.js";
import type { Word2Vec } from "../models/word2vec/word2vec.js";
import type { History } from "../train/events.js";
import { renderReport, vectorMap } from "../viz/index.js";
import { countOf } from "./print.js";
import { figuresOf, summaryOf } from "./reportFigures.js";

/** Word vectors in a few words. */
export function describeWordVectors({
  network: { config },
  tokenizer,
}: Pick<Word2Vec, "network" | "tokenizer">): string {
  const objectives = { negative: "negative sampling", hierarchical: "hierarchical softmax", softmax: "softmax" };
  const architecture = config.architecture === "cbow" ? "CBOW" : "skip-gram";
  const words = tokenizer.wordIds().length;
  return (
    `${architecture} vectors of ${countOf(words, "word")}, ${countOf(config.size, "number")} each, ` +
    `by ${objectives[config.objective]}`
  );
}

/** Words in a table, on a map, and the frequent ones that are left out of both: they mean little. */
const [tableWords, mapWords, skipped] = [12, 150, 50];
/** Words near each word of the table. */
const near = 8;

/** Frequent words of a vocabulary that begins with the most frequent ones. */
function frequent({ words }: WordVectors, most: number): string[] {
  const first = Math.max(0, Math.min(skipped, words.length - most));
  return words.slice(first, first + most);
}

/** Words, and those that lie nearest to each. */
export type Neighbourhoods = readonly { word: string; near: Neighbour[] }[];

/**
 * The words that lie nearest to some.
 * @param words null for frequent ones.
 * @throws InputError for a word without a vector.
 */
export function neighbourhoods(vectors: WordVectors, words: readonly string[] | null): Neighbourhoods {
  const shown = words ?? frequent(vectors, tableWords);
  const missing = shown.find((word) => vectors.of(word) === null);
  if (missing !== undefined) throw new InputError(`inspect: there is no vector of ${quote(missing)}.`);
  return shown.map((word) => ({ word, near: vectors.neighbours(word, { top: near }) }));
}

/** Writes the report of a model's word vectors: curves, the lookup table, a map, neighbours, and agreement with people. */
export async function writeVectorReport({
  model,
  description,
  vectors,
  folder,
  history,
  agreement,
  words,
  file,
  unit,
}: {
  model: Pick<SavedModel, "network" | "parameterCount">;
  /** The model in a few words. */
  description: string;
  vectors: WordVectors;
  folder: string;
  history: (History & { seconds: number }) | null;
  agreement: readonly { file: string; text: string }[];
  /** Words to show; null for frequent ones. */
  words: readonly string[] | null;
  file: string;
  /** Unit of the loss. Default: nats per token. */
  unit?: string;
}): Promise<void> {
  const neighbours = neighbourhoods(vectors, words);
  const shown = neighbours.map(({ word }) => word);
  const onMap = words
    ? [...new Set(neighbours.flatMap(({ word, near: others }) => [word, ...others.map((other) => other.word)]))]
    : frequent(vectors, mapWords);
  const rowsOf = (list: readonly string[]) => list.map((word) => vectors.of(word) as Float32Array);
  const html = renderReport({
    title: folder,
    summary: summaryOf(description, history?.steps.at(-1)),
    figures: figuresOf({
      history,
      seconds: history?.seconds ?? 0,
      parameterCount: model.parameterCount,
    }),
    configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
    ...(unit === undefined ? {} : { unit }),
    ...(history ? { history } : {}),
    words: {
      table: { words: shown, vectors: rowsOf(shown) },
      map: onMap.length < 3 ? null : vectorMap({ labels: onMap, vectors: rowsOf(onMap) }),
      neighbours,
      agreement: agreement.map(({ file: name, text }) => [name, text] as const),
    },
  });
  await writeFileAtomically(file, html);
}
