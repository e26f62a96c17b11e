import { existsSync } from "node:fs";
import type { SubwordProgress, Tokenizer } from "../data/index.js";
import { ByteTokenizer, CharacterTokenizer, Corpus, SubwordTokenizer, WordTokenizer } from "../data/index.js";
import { OptionError } from "../errors.js";
import { readJsonFile, shapes } from "../formats/index.js";
import { nearestName } from "../options.js";
import { given } from "./options.js";
import type { Printer } from "./print.js";
import { count, countOf } from "./print.js";

/** The words that --tokenizer takes, besides a file. */
const kinds = ["character", "jamo", "byte", "word", "subword"];

/** Subwords to learn, unless --vocabulary says otherwise. */
const mostSubwords = 8000;

/** The tokenizer that the options ask for, its vocabulary that of the corpus. */
export async function tokenizerFor(
  { tokenizer, vocabulary, unknown }: { tokenizer: string; vocabulary?: number | undefined; unknown?: boolean },
  corpus: Corpus,
  { signal, print }: { signal: AbortSignal; print: Printer },
): Promise<Tokenizer> {
  if (tokenizer === "character") return CharacterTokenizer.fromCorpus(corpus, given({ unknown }));
  if (tokenizer === "jamo") return CharacterTokenizer.fromCorpus(corpus, { unit: "jamo", ...given({ unknown }) });
  if (tokenizer === "byte") return new ByteTokenizer();
  if (tokenizer === "word") return WordTokenizer.fromCorpus(corpus, given({ maximumSize: vocabulary, unknown }));
  if (tokenizer === "subword") {
    const size = vocabulary ?? mostSubwords;
    return SubwordTokenizer.fromCorpus(corpus, { size, signal, onProgress: progressNotes(size, print) });
  }
  if (!tokenizer.endsWith(".json") || !existsSync(tokenizer)) {
    const nearest = nearestName(tokenizer, kinds);
    throw new OptionError(
      `train: expected --tokenizer to be ${kinds.join(", ")}, or the path of a tokenizer.json, got ` +
        `${JSON.stringify(tokenizer)}${nearest ? `; did you mean ${nearest}?` : "."}`,
    );
  }
  return new SubwordTokenizer(await readJsonFile(tokenizer, shapes.tokenizer));
}

/** The tokenizer that the options ask for, its vocabulary that of texts; words and characters that they lack will come. */
export function tokenizerOfTexts(
  texts: readonly string[],
  name: string,
  options: { tokenizer: string; vocabulary?: number | undefined; signal: AbortSignal; print: Printer },
): Promise<Tokenizer> {
  const unknown = ["word", "character", "jamo"].includes(options.tokenizer);
  return tokenizerFor({ ...options, unknown }, Corpus.fromText(`${texts.join("\n")}\n`, name), options);
}

/** A note when learning has taken two seconds, and one every ten seconds after that. */
function progressNotes(size: number, print: Printer): (progress: SubwordProgress) => void {
  let next = 2;
  return ({ step, characters, seconds }) => {
    if (step !== "merging" || seconds < next) return;
    next = seconds + 10;
    print.note(
      `learning ${count(size)} subwords from ${countOf(characters, "character")}, for ${Math.round(seconds)} s`,
    );
  };
}
