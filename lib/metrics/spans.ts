import { counted, describe, InputError } from "../errors.js";

/** How well the spans of one type are found. */
export interface SpanScore {
  type: string;
  /** Share of the spans given that are right, both ends and the type, 0 to 1; 0 where none was. */
  precision: number;
  /** Share of the true spans that are found, 0 to 1; 0 where there is none. */
  recall: number;
  /** 2 P R / (P + R); 0 where both are. */
  f1: number;
  /** Spans that the tagger gives. */
  given: number;
  /** True spans. */
  support: number;
}

export interface SpanScores extends Omit<SpanScore, "type"> {
  /** Tokens. */
  count: number;
  /** Share of tokens whose tags are right, 0 to 1. */
  accuracy: number;
  /** Each type, in alphabetical order. */
  types: SpanScore[];
}

/** A run of tokens that is one thing. */
export interface Span {
  type: string;
  /** Its first token, and the one after its last. */
  begin: number;
  end: number;
}

/**
 * The spans that tags B-X, I-X, E-X, S-X and O (or "[", "]", and "." for none) mark, by the rules of conlleval (Tjong Kim Sang &
 * Buchholz 2000): tags in IOB1, IOB2, BIOES and IOE, and also those that break their rules, mark spans. So do BILOU's L-X and U-X, and the
 * M-X of BMES, in place of E-X, S-X and I-X.
 * @throws InputError for anything but a list of texts.
 */
export function tagSpans(tags: readonly string[]): Span[] {
  if (!Array.isArray(tags) || !Array.from(tags).every((tag) => typeof tag === "string")) {
    throw new InputError(`tagSpans: expected a list of tags, got ${describe(tags)}.`);
  }
  const spans: Span[] = [];
  let open: { type: string; begin: number } | null = null;
  let before = outside;
  for (const [t, tag] of [...tags, "O"].entries()) {
    const own = partsOf(tag);
    const next = begins(before, own);
    if (open && (next || ends(before, own))) {
      spans.push({ ...open, end: t });
      open = null;
    }
    if (next) open = { type: own.type, begin: t };
    before = own;
  }
  return spans;
}

/**
 * Precision, recall and F1 of spans, of all and of each type, to the figures of conlleval: a span is right if its type and both its
 * ends are.
 * @param predicted the tags of each sentence. @throws InputError if there are no tokens, or not as many predictions.
 */
export function spanScores(
  predicted: readonly (readonly string[])[],
  truth: readonly (readonly string[])[],
): SpanScores {
  if (![predicted, truth].every((sentences) => Array.isArray(sentences) && sentences.every(Array.isArray))) {
    throw new InputError("spanScores: expected lists of the tags of each sentence.");
  }
  if (predicted.length !== truth.length) {
    throw new InputError(
      `spanScores: got ${counted(predicted.length, "prediction")} for ${counted(truth.length, "sentence")}.`,
    );
  }
  const counts = new Map<string, { given: number; wanted: number; right: number }>();
  const of = (type: string) => {
    const own = counts.get(type) ?? { given: 0, wanted: 0, right: 0 };
    counts.set(type, own);
    return own;
  };
  let [tokens, same] = [0, 0];
  for (const [i, tags] of truth.entries()) {
    const guess = predicted[i] as readonly string[];
    if (guess.length !== tags.length) {
      throw new InputError(
        `spanScores: sentence ${i + 1} has ${counted(tags.length, "tag")}, and its prediction ${guess.length}.`,
      );
    }
    tokens += tags.length;
    same += tags.filter((tag, t) => guess[t] === tag).length;
    const keyOf = ({ type, begin, end }: Span) => `${begin} ${end} ${type}`;
    const [given, wanted] = [tagSpans(guess), tagSpans(tags)];
    const found = new Set(given.map(keyOf));
    for (const { type } of given) of(type).given++;
    for (const span of wanted) {
      of(span.type).wanted++;
      if (found.has(keyOf(span))) of(span.type).right++;
    }
  }
  if (tokens === 0) throw new InputError("spanScores: there are no tokens.");
  const types = [...counts].sort(([a], [b]) => (a < b ? -1 : 1)).map(([type, own]) => ({ type, ...scoreOf(own) }));
  const all = { given: 0, wanted: 0, right: 0 };
  for (const own of counts.values()) for (const key of ["given", "wanted", "right"] as const) all[key] += own[key];
  return { count: tokens, accuracy: same / tokens, ...scoreOf(all), types };
}

function scoreOf({ given, wanted, right }: { given: number; wanted: number; right: number }) {
  return {
    precision: given > 0 ? right / given : 0,
    recall: wanted > 0 ? right / wanted : 0,
    f1: right > 0 ? (2 * right) / (given + wanted) : 0,
    given,
    support: wanted,
  };
}

interface TagParts {
  readonly mark: string;
  readonly type: string;
}

const outside: TagParts = { mark: "O", type: "" };

/** The marks of other forms, by the marks that conlleval knows. */
const usualMarks: ReadonlyMap<string, string> = new Map([
  ["L", "E"],
  ["U", "S"],
  ["M", "I"],
]);

/** A tag is its mark, and its type after a "-". */
function partsOf(tag: string): TagParts {
  const dash = tag.indexOf("-");
  if (dash < 0) return { mark: tag, type: "" };
  const mark = tag.slice(0, dash);
  return { mark: usualMarks.get(mark) ?? mark, type: tag.slice(dash + 1) };
}

/** Whether a span ends before a tag: conlleval's endOfChunk. */
function ends(before: TagParts, own: TagParts): boolean {
  if (["E", "S", "[", "]"].includes(before.mark)) return true;
  if (before.mark === "B" || before.mark === "I") {
    if (["B", "S", "O"].includes(own.mark)) return true;
  }
  return before.mark !== "O" && before.mark !== "." && before.type !== own.type;
}

/** Whether a span begins with a tag: conlleval's startOfChunk. */
function begins(before: TagParts, own: TagParts): boolean {
  if (["B", "S", "[", "]"].includes(own.mark)) return true;
  if (["E", "S", "O"].includes(before.mark) && (own.mark === "E" || own.mark === "I")) return true;
  return own.mark !== "O" && own.mark !== "." && before.type !== own.type;
}
