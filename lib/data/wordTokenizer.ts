import { describe, InputError } from "../errors.js";
import type { Completed, OptionsOf } from "../options.js";
import { completeOptions, flag, largestInt32, option, table, whole } from "../options.js";
import { countCharacters, lastCharacterBoundary } from "./characters.js";
import type { EncodedSegment } from "./segmenter.js";
import { SegmentEncoder, Segmenter } from "./segmenter.js";
import type { SpecialTokens, TokenDecoder, TokenEncoder, Tokenizer } from "./tokenizer.js";
import { expectCorpus, expectText, expectTokens } from "./tokenizerInput.js";
import { Place, UnknownTokenError } from "./unknownToken.js";
import { TokenCounts, Vocabulary } from "./vocabulary.js";

const unknownToken = "<unk>";
const endToken = "<eos>";

const who = "WordTokenizer";

const rules = table("WordTokenizer", {
  /** Size of the vocabulary, special tokens included: only the most frequent words are kept. Default: all words. */
  maximumSize: option(whole({ minimum: 3, initial: largestInt32 }), { aka: ["vocab_size", "max_tokens"] }),
  /** Times that a word must occur to be kept. Default 1. */
  minimumCount: option(whole({ minimum: 1, initial: 1 }), { aka: ["min_freq", "min_frequency"] }),
  /** Add "<unk>" for all other words. Default: only if the vocabulary is cut, or the text itself has "<unk>". */
  unknown: flag(),
});

/** Options of a WordTokenizer. @interface */
export type WordOptions = OptionsOf<typeof rules>;

/**
 * Words between spaces; the end of a line is the token <eos>. Read so, the Penn Treebank has its usual 10,000 types and
 * 929,589 training tokens (Mikolov et al. 2010). Text is brought to NFC, and spaces at line ends and repeated spaces go.
 */
export class WordTokenizer implements Tokenizer {
  readonly kind = "word";
  readonly special: SpecialTokens & { readonly endOfSentence: number };
  readonly #vocabulary: Vocabulary;

  /** @param vocabulary words with "<eos>" among them, and "<unk>" if unknown words are to have a token. */
  constructor(vocabulary: Vocabulary) {
    if (!(vocabulary instanceof Vocabulary))
      throw new InputError(`${who}: expected a Vocabulary, got ${describe(vocabulary)}.`);
    const unknown = vocabulary.id(unknownToken);
    const endOfSentence = vocabulary.id(endToken);
    if (endOfSentence === undefined) {
      throw new InputError(`WordTokenizer: the vocabulary lacks ${endToken}, the token for the end of a line.`);
    }
    for (const token of vocabulary.tokens) {
      if (/\s/u.test(token))
        throw new InputError(`WordTokenizer: the word ${JSON.stringify(token)} has a space in it.`);
    }
    this.special = unknown === undefined ? { endOfSentence } : { endOfSentence, unknown };
    this.#vocabulary = vocabulary;
  }

  /** The words of a text, most frequent first. @throws InputError if there are none. */
  static fromText(text: string, options: WordOptions = {}): WordTokenizer {
    const complete = completeOptions(who, options, rules);
    const counts = new TokenCounts();
    countInto(counts, expectText(`${who}.fromText`, text));
    return fromCounts(counts, complete);
  }

  /** The words of a corpus, read piece by piece. */
  static async fromCorpus(
    corpus: { pieces(): AsyncIterable<string>; readonly name?: string },
    options: WordOptions = {},
  ): Promise<WordTokenizer> {
    const complete = completeOptions(who, options, rules);
    const counts = new TokenCounts();
    const segmenter = new Segmenter(lastSpace);
    for await (const piece of expectCorpus(`${who}.fromCorpus`, corpus).pieces())
      countInto(counts, segmenter.push(piece));
    countInto(counts, segmenter.end());
    return fromCounts(counts, complete, corpus.name);
  }

  get size(): number {
    return this.#vocabulary.size;
  }

  normalize(text: string): string {
    const lines = expectText(`${who}.normalize`, text).normalize("NFC").split("\n");
    return lines.map((line) => wordsOf(line).join(" ")).join("\n");
  }

  encode(text: string): Int32Array {
    return this.#encode(expectText(`${who}.encode`, text), { place: new Place(), line: { words: 0 } }).ids;
  }

  encoder(): TokenEncoder {
    const state = { place: new Place(), line: { words: 0 } };
    return new SegmentEncoder(lastSpace, (segment) => this.#encode(segment, state));
  }

  decode(ids: ArrayLike<number>): string {
    const decoder = this.decoder();
    const pieces: string[] = [];
    for (const id of Array.from(expectTokens(`${who}.decode`, ids))) pieces.push(decoder.push(id));
    return pieces.join("");
  }

  decoder(): TokenDecoder {
    let lineStart = true;
    return {
      push: (id) => {
        const word = this.#vocabulary.token(id);
        const space = lineStart ? "" : " ";
        lineStart = id === this.special.endOfSentence;
        return lineStart ? "\n" : space + word;
      },
      end: () => "",
    };
  }

  token(id: number): string {
    return this.#vocabulary.token(id);
  }

  tokenBytes(id: number): Uint8Array {
    const word = this.#vocabulary.token(id);
    return Buffer.from(id === this.special.endOfSentence ? "\n" : word, "utf8");
  }

  /** "\n" is the same as "<eos>". */
  id(token: string): number | undefined {
    expectText(`${who}.id`, token);
    return token === "\n" ? this.special.endOfSentence : this.#vocabulary.id(token);
  }

  toJSON(): object {
    return { kind: this.kind, tokens: this.#vocabulary.tokens };
  }

  /** @param state where the text stands, and whether the line has words already; moved on. */
  #encode(segment: string, { place, line: at }: { place: Place; line: { words: number } }): EncodedSegment {
    const { endOfSentence, unknown } = this.special;
    const normal = segment.normalize("NFC");
    const ids: number[] = [];
    let characters = 0;
    for (const [number, line] of normal.split("\n").entries()) {
      if (number > 0) {
        ids.push(endOfSentence);
        characters++;
        at.words = 0;
      }
      for (const word of wordsOf(line)) {
        const id = this.#vocabulary.id(word) ?? unknown;
        if (id === undefined) throw this.#unknown(word, normal, place);
        ids.push(id);
        characters += countCharacters(word) + (at.words++ > 0 ? 1 : 0);
      }
    }
    place.pass(normal);
    return { ids: Int32Array.from(ids), characters };
  }

  #unknown(word: string, text: string, place: Place): UnknownTokenError {
    // The first place where it stands as a word of its own.
    const at = [...text.matchAll(/\S+/gu)].find((match) => match[0] === word)?.index ?? 0;
    return new UnknownTokenError(word, place.at(text, at), { kind: "word", size: this.size });
  }
}

function wordsOf(line: string): string[] {
  return line.split(/\s+/u).filter((word) => word !== "");
}

/** Words may be cut apart in front of a space; nothing merges with a space under NFC. */
function lastSpace(text: string): number {
  for (let i = lastCharacterBoundary(text) - 1; i > 0; i--) {
    const unit = text.charCodeAt(i);
    if (unit === 0x20 || unit === 0x0a || unit === 0x09) return i;
  }
  return 0;
}

function countInto(counts: TokenCounts, text: string): void {
  for (const [number, line] of text.normalize("NFC").split("\n").entries()) {
    if (number > 0) counts.add(endToken);
    for (const word of wordsOf(line)) counts.add(word);
  }
}

function fromCounts(
  counts: TokenCounts,
  { maximumSize, minimumCount, unknown }: Completed<typeof rules>,
  name = who,
): WordTokenizer {
  const special = (token: string) => token === endToken || token === unknownToken;
  if (!counts.ranked().some(({ token }) => !special(token))) {
    throw new InputError(`${name}: the text has no words, so there is nothing to learn.`);
  }
  if (!counts.has(endToken)) counts.add(endToken);
  const frequent = ({ token, count }: { token: string; count: number }) => special(token) || count >= minimumCount;
  const cuts = counts.size > maximumSize || !counts.ranked().every(frequent);
  if ((cuts || unknown) && !counts.has(unknownToken)) counts.add(unknownToken);
  const kept = counts.ranked().filter(frequent);
  const specials = kept.filter(({ token }) => special(token)).length;
  let words = 0;
  const tokens = kept.filter(({ token }) => special(token) || ++words <= maximumSize - specials);
  return new WordTokenizer(new Vocabulary(tokens.map(({ token }) => token)));
}
