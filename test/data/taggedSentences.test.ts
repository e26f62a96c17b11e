import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../lib/data/characterTokenizer.js";
import type { ConllReading } from "../../lib/data/conll.js";
import { ConllFile } from "../../lib/data/conll.js";
import { Labels } from "../../lib/data/labels.js";
import type { TaggedSentencesOptions } from "../../lib/data/taggedSentences.js";
import { expectTagged, expectTokens, readTaggedSentences, tokenPlace } from "../../lib/data/taggedSentences.js";
import { TaggerVocabulary } from "../../lib/data/taggerVocabulary.js";
import { isIob1 } from "../../lib/data/tagScheme.js";
import { tables } from "../../lib/options.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function reading(name: string, text: string, options: TaggedSentencesOptions = {}): Promise<string[]> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  const sentences = await readTaggedSentences(file, options);
  expect(sentences.map((sentence) => sentence.file)).toEqual(sentences.map(() => file));
  return sentences.map(({ tokens, tags, lines }) =>
    tokens.map((token, t) => `${lines?.[t]}:${token}/${tags[t]}`).join(" "),
  );
}

const conllu = `# newdoc
# text = Don't go to 1.1
1-2\tDon't\t_\t_\t_\t_\t_\t_\t_\t_
1\tDo\tdo\tAUX\tVBP\t_\t3\taux\t_\t_
2\tn't\tnot\tPART\tRB\t_\t3\tadvmod\t_\t_
3\tgo\tgo\tVERB\tVB\t_\t0\troot\t_\t_
3.1\tgone\tgo\tVERB\tVBN\t_\t_\t_\t_\t_

# text = # 1
1\t#\t#\tSYM\tNN\t_\t0\troot\t_\t_
`;

test("ranges, empty nodes and comments of CoNLL-U are no tokens", async () => {
  expect(await reading("a.conllu", conllu)).toEqual(["4:Do/AUX 5:n't/PART 6:go/VERB", "10:#/SYM"]);
  // The lines say what they are, whatever the name is, with and without line ends of Windows.
  expect(await reading("a.txt", conllu.replaceAll("\n", "\r\n"), { tag: "xpos" })).toEqual([
    "4:Do/VBP 5:n't/RB 6:go/VB",
    "10:#/NN",
  ]);
  expect(await reading("b.conllu", conllu, { token: "lemma", tag: 8 })).toEqual([
    "4:do/aux 5:not/advmod 6:go/root",
    "10:#/root",
  ]);
  const plus = "# global.columns = ID FORM PARSEME:MWE\n1\ta\tX\n2\tb\tY\n";
  expect(await reading("c.conllup", plus, { tag: "parseme:mwe" })).toEqual(["2:a/X 3:b/Y"]);
});

test("columns of CoNLL stand between tabs or spaces; -DOCSTART- and empty lines end a sentence", async () => {
  const spaced =
    "-DOCSTART- -X- O O\n\nEU NNP I-NP B-ORG\nrejects  VBZ I-VP O\n\n\n# NN I-NP O\n-DOCSTART- -X- O O\nIt PRP I-NP O";
  expect(await reading("d.txt", spaced)).toEqual(["3:EU/B-ORG 4:rejects/O", "7:#/O", "9:It/O"]);
  expect(await reading("e.txt", spaced, { token: 1, tag: 2 })).toEqual([
    "3:EU/NNP 4:rejects/VBZ",
    "7:#/NN",
    "9:It/PRP",
  ]);
  // Between tabs a space is a token, and a line before a sentence that begins with "# " is a comment.
  const tabbed = "## id-1\tthe <answer:X>\na\tB-X\n \tI-X\n#\tO\n\n# id 2\nb\tO\n\t\nc\tO\n";
  expect(await reading("f.tsv", tabbed)).toEqual(["2:a/B-X 3: /I-X 4:#/O", "7:b/O", "9:c/O"]);
});

test("a file of lines that end in carriage returns alone is refused, and the last line may end in one", async () => {
  await expect(reading("a.conll", "a\tX\rb\tY\r\rc\tX\r")).rejects.toThrow(
    /a\.conll has carriage returns and no line feed/,
  );
  expect(await reading("a.conll", "a\tX\r\nb\tY\r")).toEqual(["1:a/X 2:b/Y"]);
});

test("empty lines at the beginning, at the end, and one after the other hold no sentence", async () => {
  async function* pieces() {
    yield "\n\nEU B\n\n \n\nIt O\n\n\n";
  }
  const found: string[][] = [];
  for await (const { tokens } of new ConllFile("a.txt", { format: undefined, token: undefined }).sentences(pieces()))
    found.push(tokens.map(({ text }) => text));
  expect(found).toEqual([["EU"], ["It"]]);
});

test("what does not fit is named with file and line, and the way out", async () => {
  const refused = async (text: string, words: RegExp, options: TaggedSentencesOptions = {}, name = "x.conll") =>
    expect(reading(name, text, options)).rejects.toThrow(words);
  await refused("a O\nb\n", /x\.conll, line 2 has 1 column: expected 2 or more, between spaces\. An empty line ends/);
  await refused("a\n", /line 1 has 1 column: expected 2 or more/);
  await refused("a\tO\n\tO\n", /line 2: column 1 is empty/);
  await refused("a\tO\nb\t\n", /line 2: column 2 is empty/);
  await refused("a O\n", /line 1 has 2 columns: expected 5 or more/, { token: 5 });
  await refused("a O\n", /columns of a CoNLL file have no names, got "form"\. Give its number/, { token: "form" });
  await refused(conllu, /has no column "upo": it has id, form.*Did you mean upos\?/, { tag: "upo" }, "y.conllu");
  await refused(conllu, /has no column "sound": it has id, form[^?]*, misc\.$/, { tag: "sound" }, "y.conllu");
  await refused(
    "1\ta\tX\nx\tb\tY\n",
    /y\.conllu, line 2: expected a line of CoNLL-U, which begins with a number, got "x"/,
    {},
    "y.conllu",
  );
  await refused("\n\n", /has no sentences/);
  await refused("# only a comment\n", /has no sentences/, {}, "z.conllu");
});

test("a vocabulary has the words by frequency, their characters and usual tags, and reads itself back", () => {
  const sentences = [
    { tokens: ["The", "the", "cut", "각"], tags: ["D", "D", "N", "N"] },
    { tokens: ["cut", "cut"], tags: ["V", "V"] },
  ];
  const vocabulary = TaggerVocabulary.of(sentences);
  expect(vocabulary.words.words).toEqual(["<unk>", "cut", "The", "the", "각"]);
  const usual = vocabulary.words.usual.map((id) => vocabulary.labels.names[id]);
  expect(usual).toEqual(["D", "V", "D", "D", "N"]);
  expect(["cut", "THE"].map((word) => vocabulary.words.id(word))).toEqual([1, 0]);
  const folded = TaggerVocabulary.of(sentences, { lowercase: true, minimumCount: 2, unit: "jamo" });
  expect(folded.words.words).toEqual(["<unk>", "cut", "the"]);
  expect(["THE", "각"].map((word) => folded.words.id(word))).toEqual([2, 0]);
  expect([...folded.spelling.spell("각", 24)].length).toBe(3);
  // The beginning and the end of a long word are read.
  expect([...folded.spelling.spell("cuttttttttThe", 4)]).toEqual([...folded.spelling.spell("cuhe", 4)]);
  expect([...folded.spelling.spell("cuttttttttThe", 5)]).toEqual([...folded.spelling.spell("cuthe", 5)]);
  for (const one of [vocabulary, folded]) {
    const again = TaggerVocabulary.fromJSON(JSON.parse(JSON.stringify(one)));
    expect(JSON.stringify(again)).toBe(JSON.stringify(one));
    expect([...again.spelling.spell("cuté", 9)]).toEqual([...one.spelling.spell("cuté", 9)]);
  }
  expect(() => TaggerVocabulary.fromJSON({ kind: "word" })).toThrow(/Expected the words, characters and labels/);
  expect(() => TaggerVocabulary.of([{ tokens: ["a"], tags: [] }])).toThrow(/a tag for each of its 1 tokens/);
  expect(() => new (TaggerVocabulary as unknown as new () => unknown)()).toThrow(
    "TaggerVocabulary: make one with TaggerVocabulary.of(sentences).",
  );
  const json = JSON.parse(JSON.stringify(vocabulary));
  for (const words of [{ words: ["the", "cut"] }, { usual: [0] }, { usual: undefined }]) {
    expect(() => TaggerVocabulary.fromJSON({ ...json, words: { ...json.words, ...words } })).toThrow(
      "Expected words that begin with <unk>, each with its usual tag.",
    );
  }
  for (const spelling of [{ characters: ["a", "b"] }, { unit: "bytes" }]) {
    expect(() => TaggerVocabulary.fromJSON({ ...json, spelling: { ...json.spelling, ...spelling } })).toThrow(
      "Expected characters that begin with <unk>, and a unit.",
    );
  }
});

test("words beyond those of the sentences are in lower case where the sentences' are", () => {
  const sentences = [{ tokens: ["The", "The", "5"], tags: ["D", "D", "N"] }];
  const wordsOf = (lowercase: boolean) =>
    TaggerVocabulary.of(sentences, { lowercase, more: ["the", "Cut"] }).words.words;
  expect(wordsOf(true)).toEqual(["<unk>", "the", "5", "cut"]);
  expect(wordsOf(false)).toEqual(["<unk>", "The", "5", "the", "Cut"]);
});

test("a token's place is its line, or where it has none its number", () => {
  const sentence = { tokens: ["a", "b"], tags: ["X", "Y"] };
  const at = { index: 4, count: 9 };
  expect(tokenPlace({ ...sentence, file: "t.conll", lines: [7, 8] }, 1, at)).toBe("t.conll, line 8");
  expect(tokenPlace({ ...sentence, lines: [7, 8] }, 1, at)).toBe("sentence 5 of 9, token 2");
  expect(tokenPlace({ ...sentence, file: "t.conll" }, 0, at)).toBe("sentence 5 of 9, token 1");
});

test("before a sentence has been read a file counts as one of CoNLL between tabs, unless its name or its caller says otherwise", () => {
  const own = (name: string, format?: "conll" | "conllu") => new ConllFile(name, { format, token: undefined });
  expect(
    [
      own("a.txt"),
      own("a.conllu"),
      own("a.CONLLUP"),
      own("a.conll"),
      own("a.txt", "conllu"),
      own("a.conllu", "conll"),
    ].map(({ format, separator }) => [format, separator]),
  ).toEqual(["conll", "conllu", "conllu", "conll", "conllu", "conll"].map((format) => [format, "\t"]));
});

async function sentencesOf(name: string, text: string, reading: Partial<ConllReading> = {}) {
  const file = new ConllFile(name, { format: undefined, token: undefined, ...reading });
  async function* pieces() {
    yield text;
  }
  const sentences = [];
  for await (const sentence of file.sentences(pieces())) sentences.push(sentence);
  return { file, sentences, tokens: sentences.map(({ tokens }) => tokens.map((token) => token.text).join(" ")) };
}

test("a sentence has all of its lines, and each token its own line, row and cells", async () => {
  const { sentences } = await sentencesOf("a.conllu", "# text\n1-2\tab\n1\ta\n2\tb\n\n1\tc\n\n# alone\n");
  expect(sentences).toEqual([
    {
      lines: ["# text", "1-2\tab", "1\ta", "2\tb"],
      tokens: [
        { text: "a", cells: ["1", "a"], line: 3, row: 2 },
        { text: "b", cells: ["2", "b"], line: 4, row: 3 },
      ],
    },
    { lines: ["1\tc"], tokens: [{ text: "c", cells: ["1", "c"], line: 6, row: 0 }] },
    { lines: ["# alone"], tokens: [] },
  ]);
  // In CoNLL-U any line that begins with "#" is a comment, wherever it stands.
  expect((await sentencesOf("a.conllu", "#text\n1\ta\n# inner\n2\tb\n")).tokens).toEqual(["a b"]);
  const document = await sentencesOf("a.txt", "# text\n-DOCSTART-\tO\na\tO\n-DOCSTART-\tO\nb\tO\n");
  expect(document.sentences).toEqual([
    { lines: ["a\tO"], tokens: [{ text: "a", cells: ["a", "O"], line: 3, row: 0 }] },
    { lines: ["b\tO"], tokens: [{ text: "b", cells: ["b", "O"], line: 5, row: 0 }] },
  ]);
});

test("the first token shows what stands between the columns, and whether they are those of CoNLL-U", async () => {
  const cells = (count: number, first: string) => `${[first, ...Array(count - 1).fill("x")].join("\t")}\n`;
  const found = async (text: string, reading = {}) => {
    const { file, tokens } = await sentencesOf("a.txt", text, reading);
    return [file.format, file.separator, ...tokens];
  };
  expect(await found(cells(10, "1"))).toEqual(["conllu", "\t", "x"]);
  expect(await found(cells(10, "1-2"))).toEqual(["conllu", "\t", ""]);
  expect(await found(cells(10, "w"))).toEqual(["conll", "\t", "w"]);
  expect(await found(cells(9, "1"))).toEqual(["conll", "\t", "1"]);
  expect(await found(cells(10, "1"), { format: "conll" })).toEqual(["conll", "\t", "1"]);
  expect(await found("  a  O \nb\tx O\n", { token: 2 })).toEqual(["conll", " ", "O x"]);
  // A line of two columns may have "#" as its token; a longer one is a comment.
  expect(await found("# O\na O\n")).toEqual(["conll", " ", "# a"]);
  expect(await found("# OO\na O\n")).toEqual(["conll", " ", "a"]);
});

test("a column is found by its number, or by its name in any case, and a cell that is not there is named", async () => {
  const { file } = await sentencesOf("a.conllup", "# global.columns = ID Form PARSEME:MWE \n1\ta\tX\n");
  expect(["id", "FORM", "parseme:mwe", 3].map((column) => file.columnIndex(column))).toEqual([0, 1, 2, 2]);
  expect(() => file.columnIndex("FROM")).toThrow(
    'a.conllup has no column "FROM": it has id, form, parseme:mwe. Did you mean form?',
  );
  const token = { text: "a", cells: ["a", ""], line: 7, row: 0 };
  expect(file.cell(token, 0)).toBe("a");
  expect(() => file.cell(token, 1)).toThrow("a.conllup, line 7: column 2 is empty.");
  expect(() => file.cell(token, 2)).toThrow("a.conllup, line 7 has 2 columns: expected 3 or more, between tabs.");
});

test("tags are IOB1 where a span begins with I, and B stands only after a span of its type", () => {
  const iob1 = (...sentences: string[]) => isIob1(sentences.map((tags) => ({ tags: tags.split(" ") })));
  for (const tags of ["I-X", "I-X B-X", "I-X I-Y", "O I-X I-X O"]) expect(iob1(tags), tags).toBe(true);
  expect(iob1("O", "I-X")).toBe(true);
  for (const tags of ["O", "B-X I-X", "O B-X", "I-X O B-X", "I-X B-Y", "I-X NOUN", "E-X", "I-", "I-AX B-X", "I-X B-AX"])
    expect(iob1(tags), tags).toBe(false);
  expect([iob1("I-X", "B-X"), iob1("I-X B-I-X"), iob1("I-B-X B-X"), iob1("I-X", "X")]).toEqual(Array(4).fill(false));
});

test("a vocabulary is written with what it has: the text between words and IOB1 only where they are not as usual", () => {
  const sentences = [{ tokens: ["B", "a", "b"], tags: ["I-X", "O", "I-X"] }];
  const of = (options = {}) => TaggerVocabulary.of(sentences, { tags: ["I-Z"], ...options });
  const json = {
    kind: "tagger",
    words: { kind: "words", lowercase: true, words: ["<unk>", "b", "a", "c"], usual: [0, 0, 2, 0] },
    spelling: { kind: "spelling", unit: "codepoint", characters: ["<unk>", "B", "a", "b"] },
    labels: ["I-X", "I-Z", "O"],
    separator: "",
    scheme: "IOB1",
  };
  const own = of({ lowercase: true, tokenSeparator: "", more: ["A", "C"] });
  expect(own.toJSON()).toEqual(json);
  const again = TaggerVocabulary.fromJSON(json);
  expect([again.reading, again.scheme, again.toJSON()]).toEqual([{ separator: "" }, "IOB1", json]);
  const plain = TaggerVocabulary.of([{ tokens: ["a", "b"], tags: ["X", "O"] }]);
  expect(Object.keys(plain.toJSON())).toEqual(["kind", "words", "spelling", "labels"]);
  expect([plain.reading, plain.scheme]).toEqual([{ separator: " " }, null]);
  expect(TaggerVocabulary.fromJSON({ ...plain.toJSON(), scheme: "BIO" })).toMatchObject({
    reading: { separator: " " },
    scheme: null,
  });
  const forward = CharacterTokenizer.fromText("ab");
  const reading = own.withReading({ forward });
  expect(reading.reading).toEqual({ forward, separator: "" });
  expect(reading.scheme).toBe("IOB1");
  expect(reading.toJSON()).toEqual({ ...json, forward: forward.toJSON() });
  expect(TaggerVocabulary.fromJSON(reading.toJSON()).toJSON()).toEqual(reading.toJSON());
  for (const wrong of [{ forward: 5 }, { backward: "ab" }, { both: forward }]) {
    expect(() => own.withReading(wrong as never)).toThrow(/^withReading: /);
  }
  const { words, spelling, labels } = own;
  const make = TaggerVocabulary as unknown as new (...parts: unknown[]) => unknown;
  for (const parts of [
    [{}, spelling, labels],
    [words, {}, labels],
    [words, spelling, ["I-X", "O"]],
  ]) {
    expect(() => new make(...parts)).toThrow("make one with TaggerVocabulary.of(sentences).");
  }
  for (const part of ["kind", "words", "spelling"]) {
    expect(() => TaggerVocabulary.fromJSON({ ...json, [part]: undefined })).toThrow("Expected the words, characters");
  }
  expect(() => TaggerVocabulary.of([])).toThrow("TaggerVocabulary.of: there are no sentences.");
});

test("whatever makes a vocabulary is settled by that of a saved model", () => {
  const settled = (title: string) => {
    const rules = Object.entries(tables.get(title) ?? {});
    return rules.filter(([, { onResume }]) => onResume === "settled").map(([name]) => name);
  };
  expect(settled("TaggerVocabulary")).toEqual(["lowercase", "minimumCount", "unit", "tokenSeparator"]);
});

test("what is no sentence with a tag for each token is refused by its place", () => {
  const sentence = { tokens: ["a", "b"], tags: ["X", "Y"] };
  const expecting = (sentences: unknown) => () => expectTagged("who", sentences as []);
  expect(expecting([sentence, sentence])).not.toThrow();
  expect(expecting("ab")).toThrow('who: expected a list of { tokens, tags }, got "ab".');
  const tokens = "who: sentence 2 of 2: expected a list of tokens, texts that are not empty, got";
  for (const wrong of [null, { tokens: "ab" }, { tokens: [] }, { tokens: ["a", ""] }, { tokens: ["a", 5] }]) {
    expect(expecting([sentence, wrong])).toThrow(tokens);
  }
  const tags = "who: expected sentence 1 of 1 to have a tag for each of its 2 tokens, got";
  for (const wrong of [undefined, "XY", ["X"], ["X", ""], ["X", 5], ["X", "Y", "Z"]]) {
    expect(expecting([{ ...sentence, tags: wrong }])).toThrow(tags);
  }
  expect(() => expectTokens("who", ["a"])).not.toThrow();
});

test("labels are two or more different texts, each with its number", () => {
  const refused = (names: unknown, message: string) => expect(() => new Labels(names as [])).toThrow(message);
  for (const names of ["ab", ["a", ""], ["a", " "], ["a", 5], Array(3)]) {
    refused(names, "Labels: expected a list of texts that are not empty, got");
  }
  refused(["b", "a", "b"], 'Labels: "b" is there twice.');
  refused(["a"], "Labels: expected two or more, got 1 label.");
  expect(() => Labels.of(["a", "b"] as never)).toThrow("Labels: expected a Set of texts, got an array of 2.");
  const labels = Labels.of(new Set(["sea", "air", "land"]));
  expect([labels.names, labels.size, labels.toJSON()]).toEqual([["air", "land", "sea"], 3, ["air", "land", "sea"]]);
  expect(["air", "sea"].map((name) => labels.id(name))).toEqual([0, 2]);
  expect(() => labels.id("lend")).toThrow(/^Unknown label "lend"; did you mean land\?$/);
  expect(() => labels.id("mountain")).toThrow(/^Unknown label "mountain"\. Known labels: air, land, sea\.$/);
  expect(() => labels.id(5 as never)).toThrow(/^Unknown label 5\. Known labels: air, land, sea\.$/);
  const many = (count: number) => new Labels(Array.from({ length: count }, (_, i) => `label ${100 + i}`));
  expect(() => many(20).id("x")).toThrow(/label 119\.$/);
  expect(() => many(21).id("x")).toThrow(/^Unknown label "x"\.$/);
});
