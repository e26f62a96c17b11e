import { charsmapOf } from "./charsmapTable.js";

export type Settings = Readonly<Record<string, object>>;

/** Texts on which settings differ: scripts, marks, signs, runs of spaces, line ends and added tokens. */
export const texts: readonly string[] = [
  "",
  " ",
  "a",
  "Hello, world! How's it going? We'll see.",
  "café naïve CAFÉ ÀÉÎ ǅ İstanbul ΣΑΣ ß ﬁne",
  "cafe\u0301 a\u0308\u0323 o\u0302\u0301 \u0301x",
  "한국어 문장입니다. 각각의 단어",
  "\u1112\u1161\u11ab\u1100\u116e\u11a8 \u314e\u314f\u3134",
  "日本語のテキスト、中文文本。漢字カナ",
  "👩‍👩‍👧‍👦 🏽👍🏽 🇰🇷🇰 ❤️",
  "   three   spaces   here   ",
  "tabs\tand\u00a0no-break\u3000wide\u200bzero\u2003em",
  "line one\nline two\n\nline four\r\nwindows\r\n\r\nold mac\rend\n",
  "\n\n  \n x \n",
  "a\u0085b\u2028c\u2029d\ufeffe\u180ef",
  "123 4567 12,345.67 ٣٤٥ ①② ½ Ⅷ 1234567890123",
  "!!!??? ... -- __ (a)[b]{c} «q» “x” ¿¡ $+<=>^`|~ §©®",
  "don't I'M you'LL 'tis 'S ſ K",
  "<s> x</s><mask> concat cat cats cat. Cat <s><s>",
  "a<mask>  b   <mask>c <mask>",
  "word cat  cat\tcat CAT ca\u0301t",
  "[CLS] [MASK][SEP] token",
  "\0\x01\x7f\x8f\x9f\ufffd control",
  "السلام عليكم ١٢٣ שלום עולם ไทย हिन्दी",
  "𝔘𝔫𝔦 \u{1F600}\u{20000}\u{11131}\u{11127}",
  "▁already▁marked ▁ ▁▁x",
  "aaaaaaaaaaaa abababab the theatre thethe",
  "<0x41><0x0A> <0xEA>",
  "the quick\tbrown fox\njumps  over\n the lazy dog",
  "x".repeat(120),
  "spent tents went, sentence of the parents",
  "lzq lz zq lzqzq",
  "a\u0301 a\u0301\u0323 e\u0301e\u0301\u0323 ê\u0323 가\u11a8 가\u0301 a\r\nb\r\u0301 a\u200b\u0301 ﬁ\u0308 ①\u20dd",
  "it'ſ 'K 'LL 'Ve 'ＲＥ we'Re",
  "one\nquick two\nthe quick",
  "A B C D1E2F3 g-h_i.j,k",
  "\ud83d lone \udc00",
];

const letters = [
  ...new Set(
    `${texts.join("")}ĠĊċčĉ▁<>0x`
      .normalize("NFC")
      .replace(/\p{Surrogate}/gu, "")
      .replace(/[xqzßΣ語]/gu, ""),
  ),
];
const byteNames = Array.from({ length: 256 }, (_, b) => `<0x${b.toString(16).toUpperCase().padStart(2, "0")}>`);
const byteLetters = Array.from({ length: 256 }, (_, b) =>
  /[!-~¡-¬®-ÿ]/u.test(String.fromCharCode(b)) ? String.fromCharCode(b) : "",
);
let nextLetter = 256;
const byteAlphabet = byteLetters.map((letter) => (letter === "" ? String.fromCharCode(nextLetter++) : letter));

const merges = (
  "t h|th e|Ġ t|Ġt he|▁ t|▁t he|a a|aa aa|a b|ab ab|e r|o n|l l|. .|.. .|! !|Ġ Ġ|▁ ▁|Ċ Ċ|1 2|12 3|ì ķ|c a|ca t|s </w>|" +
  "th ea|ea t|e a|a t|ha t|h a|h e|r e|' s|' t|n t|e n|e nt"
)
  .split("|")
  .map((merge) => merge.split(" ") as [string, string])
  .filter(([a, b]) => a !== "" && b !== "");

export function numbered(tokens: Iterable<string>): Record<string, number> {
  return Object.fromEntries([...new Set(tokens)].map((token, id) => [token, id]));
}

/** Merges of tokens inside words. */
const insideMerges = merges.map(([a, b]) => [a, `##${b}`] as const);

function bpe(alphabet: readonly string[], settings: object): object {
  const tokens = new Set(["<unk>", ...alphabet]);
  const kept: [string, string][] = [];
  const inside = "continuing_subword_prefix" in settings;
  for (const [a, b] of inside ? insideMerges : merges) {
    if (!tokens.has(a) || !tokens.has(b)) continue;
    tokens.add(a + (inside ? b.slice(2) : b));
    kept.push([a, b]);
  }
  return { type: "BPE", dropout: null, unk_token: "<unk>", ...settings, vocab: numbered(tokens), merges: kept };
}

const words = [
  "Hello",
  "world",
  "the",
  "▁the",
  "▁",
  "cat",
  "quick",
  "한국어",
  "日",
  "본",
  "café",
  "a",
  "ab",
  "aa",
  "x",
  "!",
  ".",
  "12",
];
const scored = (tokens: readonly string[]) =>
  [...new Set(tokens)].map((token, i) => [token, -1 - ((i * 7919) % 101) / 10 - 2 / [...token].length]);

const pieces = [...words, ...letters, ...letters.map((letter) => `##${letter}`), "##at", "##the", "##ing", "##ello"];

export const models = {
  characters: bpe(letters, {}),
  pairs: bpe([...letters, "</w>", "s</w>"], { fuse_unk: true }),
  bytes: bpe([...letters, ...byteNames], { byte_fallback: true, fuse_unk: true }),
  "some bytes": bpe([...letters, ...byteNames.slice(0, 0xc8)], { byte_fallback: true }),
  "byte letters": bpe([...byteAlphabet], { unk_token: null }),
  "whole words first": bpe([...letters, "Hello", "quick"], { ignore_merges: true }),
  "ends of words": bpe([...letters, ...letters.map((letter) => `${letter}</w>`)], { end_of_word_suffix: "</w>" }),
  "insides of words": bpe([...letters, ...letters.map((letter) => `##${letter}`)], { continuing_subword_prefix: "##" }),
  pieces: {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 100,
    vocab: numbered(["[UNK]", ...pieces]),
  },
  "short pieces": {
    type: "WordPiece",
    unk_token: "[UNK]",
    continuing_subword_prefix: "##",
    max_input_chars_per_word: 4,
    vocab: numbered(["[UNK]", ...pieces]),
  },
  words: { type: "WordLevel", unk_token: "<unk>", vocab: numbered(["<unk>", ...words, ...letters]) },
  unigrams: {
    type: "Unigram",
    unk_id: 0,
    byte_fallback: false,
    vocab: [["<unk>", 0], ...scored([...words, ...letters]), ["lz", -1], ["zq", -20]],
  },
  "unigrams with bytes": {
    type: "Unigram",
    unk_id: 0,
    byte_fallback: true,
    vocab: [["<unk>", 0], ...scored([...words, ...byteNames, ...letters])],
  },
  /** Every kind of token, for decoding. */
  all: {
    type: "WordLevel",
    unk_token: "<unk>",
    vocab: numbered([
      "<unk>",
      ...words,
      ...byteNames.slice(0x3c),
      ...byteAlphabet,
      "##ing",
      "s</w>",
      "Ġthe",
      "|",
      " ' ",
      "n't",
      "do",
      "not",
      "'s",
      "▁▁x",
      "pad<pad>",
    ]),
  },
} as const;

const behaviors = ["Removed", "Isolated", "MergedWithPrevious", "MergedWithNext", "Contiguous"];

const expressions: Readonly<Record<string, string>> = {
  gpt2: "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+",
  cl100k:
    "(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  o200k:
    "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+(?i:'s|'t|'re|'ve|'m|'ll|'d)?|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*(?i:'s|'t|'re|'ve|'m|'ll|'d)?|\\p{N}{1,3}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
  possessive:
    "'(?i:[sdmt]|ll|ve|re)|[^\\r\\n\\p{L}\\p{N}]?+\\p{L}++|\\p{N}{1,3}+| ?[^\\s\\p{L}\\p{N}]++[\\r\\n]*+|\\s++$|\\s*[\\r\\n]|\\s+(?!\\S)|\\s",
  classes: "[^(\\s|[.,!?…。，、।۔،])]+",
  ends: "\\s+$|^\\w|\\b",
  ahead: "(?=[A-Z])|(?<=\\d)",
  atomic: "(?>a+|ab)b?|\\Ax|x\\z",
  space: "\\s+",
  digits: "\\d{1,3}(?=(?:\\d{3})*\\b)",
  one: "\\d|[\\p{Han}\\p{Hangul}]",
  signs: "\\s?[!-/:-~！-／：-～‘-‟　-。]+",
  lazy: "a+?b??|\\S{2,3}?",
};

const split = (pattern: object, behavior: string, invert = false) => ({ type: "Split", pattern, behavior, invert });

export const preTokenizers: Settings = {
  Whitespace: { type: "Whitespace" },
  WhitespaceSplit: { type: "WhitespaceSplit" },
  BertPreTokenizer: { type: "BertPreTokenizer" },
  "Digits alone": { type: "Digits", individual_digits: true },
  "Digits together": { type: "Digits", individual_digits: false },
  ...Object.fromEntries(behaviors.map((behavior) => [`Punctuation ${behavior}`, { type: "Punctuation", behavior }])),
  Delimiter: { type: "CharDelimiterSplit", delimiter: "a" },
  FixedLength: { type: "FixedLength", length: 3 },
  ...Object.fromEntries(
    ["first", "never", "always"].flatMap((prepend_scheme) =>
      [true, false].map((cuts) => [
        `Metaspace ${prepend_scheme}${cuts ? "" : " whole"}`,
        { type: "Metaspace", replacement: "▁", prepend_scheme, split: cuts },
      ]),
    ),
  ),
  "Metaspace of old": { type: "Metaspace", replacement: "▁", add_prefix_space: true },
  ...Object.fromEntries(
    [true, false].flatMap((add_prefix_space) =>
      [true, false].map((use_regex) => [
        `ByteLevel${add_prefix_space ? " with space" : ""}${use_regex ? "" : " whole"}`,
        { type: "ByteLevel", add_prefix_space, trim_offsets: true, use_regex },
      ]),
    ),
  ),
  ...Object.fromEntries(
    behaviors.flatMap((behavior) =>
      [false, true].flatMap((invert) => [
        [`Split at a text, ${behavior}${invert ? ", inverted" : ""}`, split({ String: "a" }, behavior, invert)],
        [`Split at a line end, ${behavior}${invert ? ", inverted" : ""}`, split({ String: "\n" }, behavior, invert)],
        [`Split at one space, ${behavior}${invert ? ", inverted" : ""}`, split({ String: " " }, behavior, invert)],
        [`Split at spaces, ${behavior}${invert ? ", inverted" : ""}`, split({ Regex: "\\s" }, behavior, invert)],
      ]),
    ),
  ),
  ...Object.fromEntries(
    Object.entries(expressions).flatMap(([name, Regex]) => [
      [`Split by ${name}`, split({ Regex }, "Isolated")],
      [`Split by all but ${name}`, split({ Regex }, "Removed", true)],
    ]),
  ),
  "Sequence of llama 3": {
    type: "Sequence",
    pretokenizers: [
      split({ Regex: expressions.cl100k }, "Isolated"),
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
  "Sequence of deepseek": {
    type: "Sequence",
    pretokenizers: [
      split({ Regex: "[\r\n]" }, "Isolated"),
      split({ Regex: "\\s?\\p{L}+" }, "Isolated"),
      split({ Regex: "\\s?\\p{P}+" }, "Isolated"),
      split({ Regex: "[一-龥ࠀ-一가-퟿]+" }, "Isolated"),
      { type: "Digits", individual_digits: true },
      { type: "ByteLevel", add_prefix_space: false, trim_offsets: true, use_regex: false },
    ],
  },
  "Sequence of T5": {
    type: "Sequence",
    pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "always" }],
  },
  "words, then the first marked": {
    type: "Sequence",
    pretokenizers: [{ type: "WhitespaceSplit" }, { type: "Metaspace", replacement: "▁", prepend_scheme: "first" }],
  },
};

const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });

export const normalizers: Settings = {
  NFC: { type: "NFC" },
  NFD: { type: "NFD" },
  NFKC: { type: "NFKC" },
  NFKD: { type: "NFKD" },
  Lowercase: { type: "Lowercase" },
  StripAccents: { type: "StripAccents" },
  "NFD without accents": { type: "Sequence", normalizers: [{ type: "NFD" }, { type: "StripAccents" }] },
  Nmt: { type: "Nmt" },
  Precompiled: {
    type: "Precompiled",
    precompiled_charsmap: charsmapOf({
      "\n": " ",
      "\r": " ",
      "\t": " ",
      "\u00a0": " ",
      "\u200b": "",
      "\x01": "",
      "e\u0301": "é",
      ê: "<e>",
      a: "(a)",
      각: "각",
      가: "ga",
      ﬁ: "fi",
      "①": "1",
      "½": "1⁄2",
      "👩": "w",
      "\u{20000}": "x",
    }),
  },
  ...Object.fromEntries(
    [
      [true, true],
      [true, false],
      [false, true],
    ].map(([strip_left, strip_right]) => [
      `Strip ${strip_left} ${strip_right}`,
      { type: "Strip", strip_left, strip_right },
    ]),
  ),
  "Replace a space": replace({ String: " " }, "▁"),
  "Replace white space": replace({ Regex: "\\s+" }, " "),
  "Replace letters": replace({ Regex: "[aeiou]+" }, "$&"),
  "Replace by nothing": replace({ String: "a" }, ""),
  Prepend: { type: "Prepend", prepend: "▁" },
  "Llama 2": { type: "Sequence", normalizers: [{ type: "Prepend", prepend: "▁" }, replace({ String: " " }, "▁")] },
  Gemma: replace({ String: " " }, "▁"),
  ByteLevel: { type: "ByteLevel" },
  ...Object.fromEntries(
    [true, false].flatMap((lowercase) =>
      [true, false, null].map((strip_accents) => [
        `BERT ${lowercase} ${strip_accents}`,
        {
          type: "BertNormalizer",
          clean_text: lowercase,
          handle_chinese_chars: strip_accents !== true,
          strip_accents,
          lowercase,
        },
      ]),
    ),
  ),
};

const strip = (start: number, stop: number) => ({ type: "Strip", content: " ", start, stop });

export const decoders: Settings = {
  ByteLevel: { type: "ByteLevel", add_prefix_space: true, trim_offsets: true, use_regex: true },
  WordPiece: { type: "WordPiece", prefix: "##", cleanup: false },
  "WordPiece, cleaned": { type: "WordPiece", prefix: "##", cleanup: true },
  Metaspace: { type: "Metaspace", replacement: "▁", prepend_scheme: "always", split: true },
  "Metaspace never": { type: "Metaspace", replacement: "▁", prepend_scheme: "never", split: true },
  BPEDecoder: { type: "BPEDecoder", suffix: "</w>" },
  CTC: { type: "CTC", pad_token: "<pad>", word_delimiter_token: "|", cleanup: true },
  "CTC, not cleaned": { type: "CTC", pad_token: "<pad>", word_delimiter_token: "|", cleanup: false },
  Fuse: { type: "Fuse" },
  ByteFallback: { type: "ByteFallback" },
  "Llama 2": {
    type: "Sequence",
    decoders: [replace({ String: "▁" }, " "), { type: "ByteFallback" }, { type: "Fuse" }, strip(1, 0)],
  },
  "Strip the end": { type: "Strip", content: "a", start: 0, stop: 1 },
  "Replace an expression": { type: "Sequence", decoders: [replace({ Regex: "[a-z]+" }, "*"), { type: "Fuse" }] },
};
