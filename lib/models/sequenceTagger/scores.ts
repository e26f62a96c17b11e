import type { TaggedSentence, TaggerVocabulary } from "../../data/index.js";
import type { ClassificationScores, SpanScores } from "../../metrics/index.js";
import { classificationScores, spanScores } from "../../metrics/index.js";

/** How well a tagger does. */
export interface TaggerEvaluation extends ClassificationScores {
  /** Mean loss of a token, in nats. */
  loss: number;
  sentences: number;
  /** Share of the sentences whose tags are all right, 0 to 1. */
  sentenceAccuracy: number;
  /** Tokens that the vocabulary lacks, and the share of them with the right tag; 0 where there are none. */
  unknown: { count: number; accuracy: number };
  /** Accuracy of giving each word the tag that it has most often in the sentences that the vocabulary was made of. */
  usualAccuracy: number;
  /** How well spans are found, as conlleval measures it; null for tags that mark no spans. */
  spans: SpanScores | null;
}

/** The scores of the tags that a tagger has found. */
export function taggingScores(
  { words, labels }: TaggerVocabulary,
  sentences: readonly TaggedSentence[],
  found: readonly { readonly tags: readonly string[] }[],
): Omit<TaggerEvaluation, "loss"> {
  const truth = sentences.flatMap(({ tags }) => tags);
  const scores = classificationScores(
    found.flatMap(({ tags }) => tags),
    truth,
    labels.names,
  );
  const unknown = { count: 0, right: 0 };
  let [wholly, usual] = [0, 0];
  for (const [i, { tokens, tags }] of sentences.entries()) {
    const own = (found[i] as (typeof found)[number]).tags;
    if (tags.every((tag, t) => own[t] === tag)) wholly++;
    for (const [t, token] of tokens.entries()) {
      const id = words.id(token);
      if (labels.names[words.usual[id] as number] === tags[t]) usual++;
      if (id > 0) continue;
      unknown.count++;
      if (own[t] === tags[t]) unknown.right++;
    }
  }
  return {
    ...scores,
    sentences: sentences.length,
    sentenceAccuracy: wholly / sentences.length,
    unknown: { count: unknown.count, accuracy: unknown.right / Math.max(unknown.count, 1) },
    usualAccuracy: usual / truth.length,
    spans: labels.names.some((name) => /^[BIESLUM]-/.test(name))
      ? spanScores(
          found.map(({ tags }) => tags),
          sentences.map(({ tags }) => tags),
        )
      : null,
  };
}
