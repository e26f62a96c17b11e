import type { WordVectors } from "../data/index.js";
import { InputError, quote } from "../errors.js";
import { writeFileAtomically } from "../formats/index.js";
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

/** Writes the report of word vectors: curves, the lookup table, a map, neighbours, and agreement with people. */
export async function writeVectorReport({
  model,
  vectors,
  folder,
  history,
  agreement,
  words,
  file,
}: {
  model: Word2Vec;
  vectors: WordVectors;
  folder: string;
  history: (History & { seconds: number }) | null;
  agreement: readonly { file: string; text: string }[];
  /** Words to show; null for frequent ones. */
  words: readonly string[] | null;
  file: string;
}): Promise<void> {
  const frequent = (most: number) => {
    const first = Math.max(0, Math.min(skipped, vectors.words.length - most));
    return vectors.words.slice(first, first + most);
  };
  const shown = words ?? frequent(tableWords);
  const missing = shown.find((word) => vectors.of(word) === null);
  if (missing !== undefined) throw new InputError(`inspect: there is no vector of ${quote(missing)}.`);
  const neighbours = shown.map((word) => ({ word, near: vectors.neighbours(word, { top: near }) }));
  const onMap = words
    ? [...new Set(neighbours.flatMap(({ word, near: others }) => [word, ...others.map((other) => other.word)]))]
    : frequent(mapWords);
  const rowsOf = (list: readonly string[]) => list.map((word) => vectors.of(word) as Float32Array);
  const html = renderReport({
    title: folder,
    summary: summaryOf(describeWordVectors(model), history?.steps.at(-1)),
    figures: figuresOf({
      history: history && { ...history, validations: [] },
      seconds: history?.seconds ?? 0,
      parameterCount: model.parameterCount,
    }),
    configuration: Object.entries(model.network.config).map(([name, value]) => [name, String(value)] as const),
    unit: "nats per prediction",
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
