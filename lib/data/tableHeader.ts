import { OptionError } from "../errors.js";

/** Words that name columns of texts. */
const names = new Set(
  [
    "source target src tgt trg input output text texts sentence sentences label labels",
    "question questions answer answers q a query response reply prompt completion instruction context",
    "word words spelling pronunciation phonemes grapheme graphemes phoneme title content document body message comment review",
    "english german french spanish italian korean japanese chinese russian translation original",
    "sentiment sentiments category categories class classes topic topics intent intents emotion emotions mood tag tags",
    "language languages lang rating ratings stars score scores polarity genre genres subject target utterance tweet post",
    "image images img photo photos picture pictures filename caption captions",
    "reviews headline description summary paragraph passage phrase id index",
    "en de fr es it ko kr ja zh ru eng deu ger fra fre kor jpn",
    "quelle ziel frage antwort satz wort deutsch englisch",
    "질문 답변 원문 번역 번역문 한국어 영어 문장 단어",
  ]
    .join(" ")
    .split(" "),
);

/** Whether a text is one that names a column: "Q", "source", "target_text", "sentence 1". */
export function looksLikeHeader(text: string): boolean {
  const words = text
    .trim()
    .toLowerCase()
    .split(/[\s_.-]+|(?<=\p{L})(?=\p{N})/u)
    .filter((word) => !/^\p{N}*$/u.test(word));
  return words.length > 0 && words.length <= 3 && words.every((word) => names.has(word));
}

/** Rows from which on a label that comes once says something. */
const fewestRows = 10;

/**
 * Refuses labels of which the first is probably the name of its column: it comes once, and the others come again.
 * @param labels those of each row, in their order.
 * @throws OptionError that says how to say what the first row is.
 */
export function expectNoName(file: string, labels: readonly (string | readonly string[])[]): void {
  const [first, ...others] = labels.map((label) => [label].flat());
  const known = new Set(others.flat());
  if (!first?.length || others.length < fewestRows || 2 * known.size > others.length) return;
  if (first.some((label) => known.has(label))) return;
  throw new OptionError(
    `${file}: the label of the first row (${first.join(", ")}) comes in no other row: it looks like the name of its column, and ` +
      "would be learnt as a label. Say what the first row is: header true or false; --header or --no-header on the command line.",
    ["header"],
  );
}
