import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ConllFile } from "../../lib/data/conll.js";
import type { TaggedSentencesOptions } from "../../lib/data/taggedSentences.js";
import { readTaggedSentences, tokenPlace } from "../../lib/data/taggedSentences.js";
import { TaggerVocabulary } from "../../lib/data/taggerVocabulary.js";
import { temporaryFolder } from "./temporaryFolder.js";

async function reading(name: string, text: string, options: TaggedSentencesOptions = {}): Promise<string[]> {
  const file = join(await temporaryFolder(), name);
  await writeFile(file, text);
  const sentences = await readTaggedSentences(file, options);
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
