import type { Pair, Tokenizer } from "../data/index.js";
import type { BleuOptions, BleuScore, ChrfScore, ErrorRate } from "../metrics/index.js";
import { accuracy, bleu, chrf, errorRate } from "../metrics/index.js";

/** How well what a model writes matches what people wrote. */
export interface PairScores {
  /** Sources; one with several targets in a row counts once. */
  sources: number;
  /** Papineni et al. (2002), as sacreBLEU computes it; 0 to 100. */
  bleu: BleuScore;
  /** Popović (2015), as sacreBLEU computes it; 0 to 100. */
  chrf: ChrfScore;
  /** Of words, or of the characters of a target that is written in characters. */
  errorRate: ErrorRate;
  /** Share of targets that are exactly one of the references. */
  exact: number;
  /** Share of places at which the word (or character) is that of the reference. */
  tokenAccuracy: number;
}

/** A source with all of its targets. */
export interface References {
  source: string;
  targets: string[];
}

/** Pairs of one source that follow each other, together. */
export function withReferences(pairs: readonly Pair[]): References[] {
  const grouped: References[] = [];
  for (const { source, target } of pairs) {
    const last = grouped.at(-1);
    if (last?.source === source) last.targets.push(target);
    else grouped.push({ source, targets: [target] });
  }
  return grouped;
}

/** @param texts what the model wrote for each source. @throws InputError if there are none. */
export function scoresOf(
  texts: readonly string[],
  grouped: readonly References[],
  tokenizer: Tokenizer,
  options: BleuOptions = {},
): PairScores {
  const references = grouped.map(({ targets }) => targets.map((target) => tokenizer.normalize(target)));
  const fold = (text: string) => (options.lowercase ? text.toLowerCase() : text);
  const unitsOf = (text: string) =>
    tokenizer.kind === "character"
      ? [...fold(text)]
      : fold(text)
          .split(/\s+/u)
          .filter((word) => word !== "");
  const written = texts.map(unitsOf);
  const wanted = references.map((targets) => targets.map(unitsOf));
  const errors = errorRate(written, wanted);
  const nearest = wanted.map((targets, i) => {
    const own = written[i]?.join(" ");
    return targets.find((target) => target.join(" ") === own) ?? (targets[0] as string[]);
  });
  return {
    sources: grouped.length,
    bleu: bleu(texts, references, options),
    chrf: chrf(texts, references, { lowercase: options.lowercase ?? false }),
    errorRate: errors,
    exact: 1 - errors.sequenceRate,
    tokenAccuracy: accuracy(written, nearest).token,
  };
}
