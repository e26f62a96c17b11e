/** Words that name columns of texts. */
const names = new Set(
  [
    "source target src tgt trg input output text texts sentence sentences label labels",
    "question questions answer answers q a query response reply prompt completion instruction context",
    "word words spelling pronunciation phonemes grapheme graphemes phoneme title content document body message comment review",
    "english german french spanish italian korean japanese chinese russian translation original",
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
