import { describe, expect, test } from "vitest";
import { Component } from "../../lib/data/subwords/component.js";
import { readDecoders } from "../../lib/data/subwords/decoders.js";
import { readNormalizers } from "../../lib/data/subwords/normalizers.js";
import { Pipeline } from "../../lib/data/subwords/pipeline.js";
import { readPreTokenizers } from "../../lib/data/subwords/preTokenizers.js";
import { SubwordTokenizer } from "../../lib/data/subwordTokenizer.js";
import { charsmapOf } from "./charsmapTable.js";

const split = (pattern: object, behavior: string, invert = false) => ({ type: "Split", pattern, behavior, invert });
const dash = { String: "-" };
const metaspace = { type: "Metaspace", replacement: "▁" };
const bytes = { type: "ByteLevel", trim_offsets: true, add_prefix_space: false };

describe("pre-tokenizers", () => {
  const step = (settings: object) => readPreTokenizers(new Component("pre_tokenizer", settings))[0];

  // The behaviours as the library's documentation shows them.
  const cuts: readonly [settings: object, text: string, words: string[]][] = [
    [split(dash, "Removed"), "the-final--countdown", ["the", "final", "countdown"]],
    [split(dash, "Isolated"), "the-final--countdown", ["the", "-", "final", "-", "-", "countdown"]],
    [split(dash, "MergedWithPrevious"), "the-final--countdown", ["the-", "final-", "-", "countdown"]],
    [split(dash, "MergedWithNext"), "the-final--countdown", ["the", "-final", "-", "-countdown"]],
    [split(dash, "Contiguous"), "the-final--countdown", ["the", "-", "final", "--", "countdown"]],
    [split(dash, "Removed"), "-ab-", ["", "ab"]],
    [split(dash, "MergedWithPrevious", true), "a-b", ["a", "-b"]],
    [split({ Regex: "[a-z]+" }, "Removed", true), "ab1c", ["ab", "c"]],
    [split({ Regex: "[a-z]+|\\d" }, "Isolated"), "ab1c", ["ab", "1", "c"]],
    [split({ Regex: "[a-z]" }, "Contiguous"), "abc", ["abc"]],
    [split({ Regex: "[a-z]" }, "Removed"), "abc", [""]],
    // A match of nothing in front of the text is none.
    [split({ Regex: "(?=a)" }, "Isolated"), "xaay", ["x", "a", "ay"]],
    [split({ Regex: "(?=a)" }, "Removed"), "ab", ["ab"]],
    [split({ Regex: "(?=a)" }, "Removed"), "xab", ["x", "ab"]],
    [{ type: "Whitespace" }, "Hello, world! x_1", ["Hello", ",", "world", "!", "x_1"]],
    [{ type: "WhitespaceSplit" }, " a\tb,c ", ["", "a", "b,c"]],
    [{ type: "BertPreTokenizer" }, "Hey friend!  How?", ["Hey", "friend", "!", "How", "?"]],
    [{ type: "BertPreTokenizer" }, " a!", ["", "a", "!"]],
    [{ type: "Digits", individual_digits: true }, "a12b", ["a", "1", "2", "b"]],
    [{ type: "Digits", individual_digits: false }, "a12b", ["a", "12", "b"]],
    [{ type: "Punctuation" }, "a?!b", ["a", "?", "!", "b"]],
    [{ type: "Punctuation", behavior: "Contiguous" }, "a?!b", ["a", "?!", "b"]],
    [{ type: "CharDelimiterSplit", delimiter: "." }, "a.b..c", ["a", "b", "c"]],
    [{ type: "FixedLength", length: 3 }, "abcdefgh", ["abc", "def", "gh"]],
    [{ type: "FixedLength", length: 2 }, "👩👩👩", ["👩👩", "👩"]],
    [{ type: "FixedLength" }, "abcdefghijk", ["abcde", "fghij", "k"]],
    [metaspace, "Hey you", ["▁Hey", "▁you"]],
    [metaspace, " Hey", ["▁Hey"]],
    [{ ...metaspace, split: false }, "Hey you", ["▁Hey▁you"]],
    [{ ...metaspace, prepend_scheme: "never", add_prefix_space: false }, "Hey you", ["Hey", "▁you"]],
    [bytes, "Hello my é", ["Hello", "Ġmy", "ĠÃ©"]],
    [{ ...bytes, add_prefix_space: true }, "Hello my", ["ĠHello", "Ġmy"]],
    [{ ...bytes, add_prefix_space: true }, " Hello", ["ĠHello"]],
    [{ ...bytes, use_regex: false }, "Hello my", ["HelloĠmy"]],
  ];

  test("cut a text where the library's documentation says", () => {
    for (const [settings, text, words] of cuts) {
      expect(step(settings)?.split(text, true), JSON.stringify([settings, text])).toEqual(words);
    }
  });

  test("marks stand in front of every piece, or of the first one of the text", () => {
    const first = { ...metaspace, prepend_scheme: "first" };
    expect([step(first)?.split("a b", true), step(first)?.split("a b", false)]).toEqual([
      ["▁a", "▁b"],
      ["a", "▁b"],
    ]);
    const steps = [
      first,
      metaspace,
      { ...metaspace, prepend_scheme: "never" },
      bytes,
      { ...bytes, add_prefix_space: true },
    ];
    expect(steps.map((settings) => step(settings)?.marks)).toEqual(["front", "pieces", undefined, undefined, "pieces"]);
    expect(step({ type: "Whitespace" })?.marks).toBeUndefined();
  });
});

const bert = {
  type: "BertNormalizer",
  clean_text: false,
  handle_chinese_chars: false,
  strip_accents: null,
  lowercase: false,
};
const strip = (strip_left: boolean, strip_right: boolean) => ({ type: "Strip", strip_left, strip_right });
const replace = (pattern: object, content: string) => ({ type: "Replace", pattern, content });
const precompiled = {
  type: "Precompiled",
  precompiled_charsmap: charsmapOf({
    a: "(a)",
    "\n": " ",
    "e\u0301": "é",
    "あ\u0301": "five",
    "é\u0301\u0323": "six",
    "👩": "w",
  }),
};

describe("normalizers", () => {
  const step = (settings: object) => {
    const [own] = readNormalizers(new Component("normalizer", settings));
    if (!own) throw new Error("there is no step");
    return own;
  };

  const normalForms: readonly [settings: object, text: string, normal: string, later?: string][] = [
    [{ type: "NFC" }, "e\u0301ﬁ", "éﬁ"],
    [{ type: "NFD" }, "éﬁ", "e\u0301ﬁ"],
    [{ type: "NFKC" }, "e\u0301ﬁ①", "éfi1"],
    [{ type: "NFKD" }, "éﬁ", "e\u0301fi"],
    [{ type: "Lowercase" }, "ΑΣ B", "ασ b"],
    [{ type: "StripAccents" }, "e\u0301é", "eé"],
    [strip(true, true), "  a b  ", "a b", "  a b"],
    [strip(true, false), "  a  ", "a  ", "  a  "],
    [strip(false, true), "  a  ", "  a"],
    [replace({ String: "." }, "$&"), "a.b.", "a$&b$&"],
    [replace({ Regex: "\\s+" }, ""), "a b  c", "abc"],
    [{ type: "Prepend", prepend: "▁" }, "x", "▁x", "x"],
    [{ type: "Prepend", prepend: "▁" }, "", ""],
    [{ type: "Nmt" }, "a\x01b\tc\u200bd", "ab c d"],
    [{ ...bert, clean_text: true }, "a\0b\tc\u00e9", "ab c\u00e9"],
    [{ ...bert, handle_chinese_chars: true }, "a日\tÉ", "a 日 \tÉ"],
    [{ ...bert, lowercase: true }, "É\0\t日", "e\0\t日"],
    [{ ...bert, lowercase: true, strip_accents: false }, "É", "é"],
    [{ ...bert, strip_accents: true }, "É", "E"],
    [{ type: "ByteLevel" }, " é", "ĠÃ©"],
    // Graphemes of up to five bytes are replaced whole, longer ones by their characters.
    [precompiled, "ba\ncab", "b(a) c(a)b"],
    [precompiled, "xe\u0301あ\u0301ya", "xéfivey(a)"],
    [precompiled, "é\u0301\u0323", "é\u0301\u0323"],
    [precompiled, "👩\u200d👩", "w\u200dw"],
  ];

  test("bring a text, or a later part of it, to its normal form", () => {
    for (const [settings, text, normal, later = normal] of normalForms) {
      const own = step(settings);
      expect([own.apply(text, true), own.apply(text, false)], JSON.stringify([settings, text])).toEqual([
        normal,
        later,
      ]);
    }
  });

  const fronts: readonly [settings: object, drops: string[], keeps: string[]][] = [
    [{ type: "StripAccents" }, ["\u0301x"], ["x\u0301", "x"]],
    [{ type: "Nmt" }, ["\x01a"], ["a\x01", "\ta"]],
    [strip(true, true), [" a"], ["a ", "a"]],
    [replace({ String: "a" }, ""), ["ab"], ["ba", "b"]],
    [replace({ Regex: "[ae]+" }, "x"), ["aeb", "aaeb"], ["ab", "b", "bae"]],
    [replace({ String: "ab" }, "x"), ["abc"], ["a", "cab"]],
    [{ ...bert, clean_text: true }, ["\0a"], ["\u0301a", "a\0"]],
    [{ ...bert, strip_accents: true }, ["\u0301a"], ["\0a", "a\u0301"]],
    [bert, [], ["\u0301a", "\0a"]],
  ];

  test("say which fronts they drop", () => {
    for (const [settings, drops, keeps] of fronts) {
      const isDropped = (text: string) => step(settings).dropsFront?.(text);
      expect([drops.map(isDropped), keeps.map(isDropped)], JSON.stringify(settings)).toEqual([
        drops.map(() => true),
        keeps.map(() => false),
      ]);
    }
  });

  test("a replacement of one character by another drops no front, and a step says whether it puts one there", () => {
    const steps = [replace({ String: " " }, "▁"), strip(false, true), { type: "Prepend", prepend: "x" }];
    expect(steps.map((settings) => step(settings).dropsFront)).toEqual([undefined, undefined, undefined]);
    const adding = [...steps, { ...bert, handle_chinese_chars: true }, bert, replace({ String: "ab" }, "x")];
    expect(adding.map((settings) => step(settings).addsFront ?? false)).toEqual([true, false, true, true, false, true]);
  });
});

describe("decoders", () => {
  const ctc = { type: "CTC", pad_token: "<pad>", word_delimiter_token: "|" };
  const pieces = { type: "WordPiece", prefix: "##" };

  const decodings: readonly [settings: object, tokens: string[], texts: string[]][] = [
    [{ type: "BPEDecoder", suffix: "</w>" }, ["H", "e</w>", "llo</w>", "o</w>"], ["H", "e ", "llo ", "o"]],
    [metaspace, ["▁Hey▁", "▁you"], ["Hey", " you"]],
    [{ ...metaspace, prepend_scheme: "never" }, ["▁Hey", "▁you"], [" Hey", " you"]],
    [{ ...ctc, cleanup: true }, ["<pad>", "h", "h", "e", "<pad>", "l", "|", "l", "l"], ["h", "e", "l", " ", "l"]],
    [{ ...ctc, cleanup: false }, ["h", "<pad>", "h", "|", " ."], ["h", "h", "|", " ."]],
    [{ type: "Fuse" }, ["a", "b"], ["ab"]],
    [{ type: "ByteFallback" }, ["a", "<0xC3>", "<0xa9>", "b", "<0xC3>", "<0xC3>"], ["a", "é", "b", "\ufffd", "\ufffd"]],
    [{ type: "ByteFallback" }, ["<0x41>", "<0x4>", "<0x411>"], ["A", "<0x4>", "<0x411>"]],
    [{ type: "ByteLevel" }, ["Ġthe", "Ã", "©", "日"], [" theé日"]],
    [replace({ String: "▁" }, "$&"), ["▁a▁", "b"], ["$&a$&", "b"]],
    [{ ...pieces, cleanup: false }, ["##un", "##able", "to", "."], ["##un", "able", " to", " ."]],
    [
      { ...pieces, cleanup: true },
      ["I", "'m", "n't", ".", "?", "!", ",", "' ", "do not", "'s", "'ve", "'re", "so"],
      ["I", "'m", "n't", ".", "?", "!", ",", "'", " don't", "'s", "'ve", "'re", " so"],
    ],
  ];

  test("make texts of tokens", () => {
    for (const [settings, tokens, texts] of decodings) {
      const [own] = readDecoders(new Component("decoder", settings));
      expect(own?.decode(tokens), JSON.stringify([settings, tokens])).toEqual(texts);
    }
  });
});

/** A character for each token, and added ones after them. */
const vocabulary = ["?", ...'ab <>x"'];
const flags = { special: false, single_word: false, lstrip: false, rstrip: false, normalized: false };
function fileWith(added: readonly (Partial<typeof flags> & { content: string })[], parts: object = {}): object {
  const vocab = Object.fromEntries(vocabulary.map((token, id) => [token, id]));
  let next = vocabulary.length;
  return {
    added_tokens: added.map((token) => ({ id: vocab[token.content] ?? next++, ...flags, ...token })),
    model: { type: "BPE", unk_token: "?", vocab, merges: [] },
    ...parts,
  };
}

describe("added tokens", () => {
  const own = new SubwordTokenizer(
    fileWith([
      { content: "<l>", lstrip: true },
      { content: "<r>", rstrip: true },
      { content: "ab", single_word: true },
      { content: "<" },
      { content: "<<<" },
    ]),
  );
  const found: readonly [text: string, tokens: string][] = [
    ["a  <l> b", "a|<l>| |b"],
    ["  <l>", "<l>"],
    ["a <r>  b", "a| |<r>|b"],
    ["<r>  ", "<r>"],
    ["a <r>  <l>b", "a| |<r>|<l>|b"],
    ["ab aab abb ab", "ab| |a|a|b| |a|b|b| |ab"],
    ["aab", "a|a|b"],
    ["xab>ab", "x|a|b|>|ab"],
    ['"ab"', '"|ab|"'],
    ["<<l>a<<<<r>", "<|<l>|a|<<<|<r>"],
    ["<<<<b", "<<<|<|b"],
  ];

  test("are found from left to right, the longest first, with the white space that is theirs", () => {
    for (const [text, tokens] of found) {
      const expected = tokens.split("|").map((token) => own.id(token));
      expect([...own.encode(text)], text).toEqual(expected);
    }
  });

  test("are sought before the normalizer or after it, never both, and decoded as they are sought", () => {
    const normal = new SubwordTokenizer(
      fileWith([{ content: "A", normalized: true }, { content: "z" }, { content: "a>", normalized: true }], {
        normalizer: {
          type: "Sequence",
          normalizers: [{ type: "Lowercase" }, replace({ String: "b" }, "z"), replace({ String: "a" }, "b")],
        },
        decoder: { type: "Fuse" },
      }),
    );
    const [letter, raw, both] = [0, 1, 2].map((place) => vocabulary.length + place) as [number, number, number];
    // "A" and "a" become "b", by which the first token is sought; "b" becomes "z", in which the second is not.
    expect([...normal.encode("Aa>bz")]).toEqual([letter, both, 0, raw]);
    expect(normal.decode([letter, raw, both])).toBe("bzb>");
    const prepended = fileWith([{ content: "z", normalized: true }], { normalizer: { type: "Prepend", prepend: "a" } });
    expect([...new SubwordTokenizer(prepended).encode("z")]).toEqual([vocabulary.length]);
  });

  test("may be sought by the same text where one is sought before the normalizer", () => {
    const added = [{ content: "xx" }, { content: "XX", normalized: true }];
    const own = new SubwordTokenizer(fileWith(added, { normalizer: { type: "Lowercase" } }));
    expect([...own.encode("xxXX")]).toEqual([vocabulary.length, vocabulary.length + 1]);
  });
});

describe("steps together", () => {
  const first = { ...metaspace, prepend_scheme: "first" };
  const file = (normalizers: object[], pretokenizers: object[] = []) =>
    fileWith([], {
      normalizer: { type: "Sequence", normalizers },
      pre_tokenizer: { type: "Sequence", pretokenizers },
    });
  const marking = replace({ String: " " }, "▁");
  const cut = { type: "WhitespaceSplit" };

  test("a part of a text has the same tokens wherever it stands unless a step looks at the front", () => {
    const files = [
      file([]),
      file([{ type: "Lowercase" }], [metaspace]),
      file([strip(false, true)]),
      file([], [cut, first]),
    ];
    const prepending = file([{ type: "Lowercase" }, { type: "Prepend", prepend: "x" }]);
    expect([...files, prepending].map((json) => new Pipeline(json).isUniform)).toEqual([
      true,
      true,
      false,
      false,
      false,
    ]);
  });

  const marked: readonly [normalizers: object[], pretokenizers: object[], reason: string | null][] = [
    [[], [first], null],
    [[], [cut, first], null],
    [[marking], [first], null],
    [[replace({ Regex: "a+" }, "x")], [first], null],
    [[{ type: "StripAccents" }, marking], [first], null],
    [[marking, { type: "Lowercase" }], [first], null],
    [[{ type: "Prepend", prepend: "x" }], [first], "after Prepend, which puts something in front of the text too, is"],
    [[], [metaspace, first], "after Metaspace, which puts something in front of the text too, is"],
    [
      [],
      [cut, { ...bytes, add_prefix_space: true }, first],
      "after ByteLevel, which puts something in front of the text too, is",
    ],
    [
      [marking, { type: "StripAccents" }],
      [first],
      "after Replace, which puts something in front of the text too, and StripAccents, which may take it away again, is",
    ],
    [
      [marking],
      [cut, first],
      "after Replace, which puts something in front of the text too, and WhitespaceSplit, which may take it away again, is",
    ],
  ];

  test("a mark at the front is refused where the library might not know the front", () => {
    for (const [normalizers, pretokenizers, reason] of marked) {
      const made = () => new Pipeline(file(normalizers, pretokenizers)).isUniform;
      const about = JSON.stringify([normalizers, pretokenizers]);
      if (reason === null) expect(made(), about).toBe(false);
      else
        expect(made, about).toThrow(
          `Metaspace with prepend_scheme "first" ${reason} not supported. Set prepend_scheme to "never".`,
        );
    }
  });

  test("a front is that of the whole text, and of its first stretch, where nothing of it is dropped", () => {
    const encoded = (json: object, ...parts: string[]) => {
      const place = { atStart: true, insideStretch: false };
      const own = new Pipeline(json);
      return parts.map((part) => [
        own
          .encode(part, place)
          .map((id) => own.tokens[id])
          .join(""),
        { ...place },
      ]);
    };
    const [inside, outside] = [
      { atStart: false, insideStretch: true },
      { atStart: false, insideStretch: false },
    ];
    const added = {
      added_tokens: [
        { ...flags, id: 8, content: "<l>" },
        { ...flags, id: 5, content: ">", normalized: true },
      ],
    };
    const prepending = { ...file([{ type: "Prepend", prepend: "b" }]), ...added };
    expect(encoded(prepending, "a", "a", "<l>", "a", "a<l>a")).toEqual([
      ["ba", inside],
      ["a", inside],
      ["<l>", outside],
      ["ba", inside],
      ["a<l>ba", inside],
    ]);
    // The mark is none of the vocabulary's characters.
    const marks = { ...file([], [cut, split(dash, "Removed"), first]), ...added };
    expect(encoded(marks, "a b", "a")).toEqual([
      ["?ab", inside],
      ["a", inside],
    ]);
    const texts = ["<l>a", "a>a", ">a", " a", "a -b", "-a", "a<l>a"];
    expect(texts.map((text) => encoded(marks, text)[0]?.[0])).toEqual([
      "<l>a",
      "?a>a",
      ">a",
      "a",
      "?ab",
      "a",
      "?a<l>a",
    ]);
  });

  test("tokens without a decoder are written with spaces between them", () => {
    expect(new SubwordTokenizer(fileWith([])).decode([1, 2, 3])).toBe("a b  ");
  });

  test("normalizers, pre-tokenizers and decoders have 100 steps at most each", () => {
    const kinds = [
      ["normalizer", "normalizers", { type: "NFC" }],
      ["pre_tokenizer", "pretokenizers", cut],
      ["decoder", "decoders", { type: "Fuse" }],
    ] as const;
    for (const [kind, name, step] of kinds) {
      const made = (count: number) => () =>
        new Pipeline(fileWith([], { [kind]: { type: "Sequence", [name]: new Array(count).fill(step) } }));
      expect(made(100)).not.toThrow();
      expect(made(101)).toThrow(`tokenizer.json: ${kind} has 101 steps, and can have 100.`);
    }
  });

  test("a text grows by 65536 characters and 100 times its own at most", () => {
    const grown = (length: number, text: string) => () =>
      new SubwordTokenizer(file([{ type: "Prepend", prepend: "a".repeat(length) }], [cut])).encode(text);
    expect(grown(2 ** 16 + 99, "x")).not.toThrow();
    expect(grown(2 ** 16 + 100, "x")).toThrow("a text of 1 characters has become one of 65637.");
    expect(grown(2 ** 16 + 198, "xx")).not.toThrow();
    expect(grown(2 ** 16 + 199, "xx")).toThrow("a text of 2 characters has become one of 65737.");
    const doubled = (times: number) => () => {
      const decoders = new Array(times).fill(replace({ String: "a" }, "aa"));
      return new SubwordTokenizer(fileWith([], { decoder: { type: "Sequence", decoders } })).decode([1]).length;
    };
    expect(doubled(16)()).toBe(2 ** 16);
    expect(doubled(17)).toThrow("by Replace and the steps before it, a text of 1 characters has become one of 131072.");
  });
});
