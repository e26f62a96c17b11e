import { writeFile } from "node:fs/promises";
import { join } from "node:path";
import { expect, test } from "vitest";
import {
  analogyScores,
  nativeExecutor,
  readWordJudgements,
  similarityScores,
  WordVectors,
} from "../../../lib/index.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

/** A plane: royal upwards, female to the right. */
const vectors = new WordVectors(
  ["man", "woman", "king", "queen", "apple"],
  Float32Array.of(1, 0.2, 0, 1, 0.2, 0, 0, 1, 0.2, 1, 0, 0, 1, 1, 0, 0, 0.1, 0.1, -1, 0.3),
  4,
);

async function fileOf(content: string): Promise<string> {
  const file = join(await temporaryFolder(), "judgements.txt");
  await writeFile(file, content);
  return file;
}

test("neighbours are those with the smallest angle, and length does not matter", () => {
  const flat = new WordVectors(["a", "b", "c", "d"], Float32Array.of(1, 0, 100, 1, 0.5, 0.5, -1, 0), 2);
  expect(flat.neighbours("a").map(({ word }) => word)).toEqual(["b", "c", "d"]);
  expect(flat.neighbours("a", { top: 1 })[0]?.similarity).toBeCloseTo(100 / Math.sqrt(10_001), 6);
  expect(flat.neighbours([0, 1], { top: 1 })[0]?.word).toBe("c");
  expect(flat.neighbours("a", { except: ["b"], top: 1 })[0]?.word).toBe("c");
  expect(flat.neighbours("d", { among: 2 }).map(({ word }) => word)).toEqual(["b", "a"]);
  expect(flat.similarity("a", "d")).toBeCloseTo(-1, 6);
  expect(flat.neighbours([0, 0], { top: 2 })).toEqual([
    { word: "a", similarity: 0 },
    { word: "b", similarity: 0 },
  ]);
  expect([...flat.unit].map((x) => x.toFixed(3))).toEqual([
    ..."1.000 0.000 1.000 0.010 0.707 0.707 -1.000 0.000".split(" "),
  ]);
  expect(flat.unit).toBe(flat.unit);
  expect([...new WordVectors(["o"], Float32Array.of(0, 0), 2).unit]).toEqual([0, 0]);
  expect(() => new WordVectors(["a"], Float32Array.of(1, 2, 3), 2)).toThrow(
    "WordVectors: expected 1 x 2 numbers, got 3.",
  );
  expect(() => flat.neighbours([Number.NaN, 1])).toThrow("expected a vector of finite numbers");
  expect(() => flat.neighbours("ab")).toThrow(/no vector of "ab" among 4 words\. Did you mean "[ab]"\?/);
  expect(() => flat.neighbours("e")).toThrow(/no vector of "e"/);
  expect(() => flat.neighbours([1, 2, 3])).toThrow(/3 numbers, expected 2/);
});

test("man is to king as woman is to queen", () => {
  expect(vectors.analogy(["man", "king", "woman"])[0]?.word).toBe("queen");
  // The three words do not count.
  expect(vectors.analogy(["man", "king", "woman"]).map(({ word }) => word)).toEqual(["queen", "apple"]);
});

test("agreement is measured on the pairs that have vectors", async () => {
  const file = await fileOf("word1\tword2\tscore\nman\twoman\t5\nking\tqueen\t6\nKing\tapple\t1\nman\tpear\t9\n");
  const { pairs } = await readWordJudgements(file);
  const scores = similarityScores(vectors, pairs ?? []);
  expect(scores).toMatchObject({ covered: 3, pairs: 4 });
  const cosines = [
    vectors.similarity("man", "woman"),
    vectors.similarity("king", "queen"),
    vectors.similarity("king", "apple"),
  ];
  expect(cosines[2]).toBeLessThan(Math.min(...cosines.slice(0, 2)));
  expect(scores.spearman).toBeCloseTo(1, 12);
  expect(similarityScores(vectors, (pairs ?? []).slice(0, 2))).toMatchObject({ covered: 2, pairs: 2 });
  expect(() => similarityScores(vectors, (pairs ?? []).slice(2))).toThrow(/1 of 2 pairs/);
  expect(() => similarityScores(vectors, (pairs ?? []).slice(3))).toThrow(/0 of 1 pairs/);
});

test("analogies are answered section by section", async () => {
  const file = await fileOf(": royal\nman king woman queen\nman woman king apple\n: none\nman king pear queen\n");
  const { analogies } = await readWordJudgements(file);
  const scores = await analogyScores(vectors, analogies ?? [], { executor: nativeExecutor() });
  expect(scores).toMatchObject({ correct: 1, covered: 2, analogies: 3, accuracy: 0.5 });
  expect(scores.sections).toEqual([
    { section: "royal", correct: 1, covered: 2, analogies: 2 },
    { section: "none", correct: 0, covered: 0, analogies: 1 },
  ]);
});

test("more analogies than are asked at once have their own answers, and a signal stops them", async () => {
  const right = { words: ["man", "king", "woman", "queen"] as const, section: "right" };
  const wrong = { words: ["man", "woman", "king", "apple"] as const, section: "wrong" };
  const all = Array.from({ length: 260 }, (_, i) => (i % 128 === 3 ? right : wrong)) as never[];
  const scores = await analogyScores(vectors, all);
  expect(scores).toMatchObject({ correct: 3, covered: 260, analogies: 260, accuracy: 3 / 260 });
  expect(scores.sections).toEqual([
    { section: "wrong", correct: 0, covered: 257, analogies: 257 },
    { section: "right", correct: 3, covered: 3, analogies: 3 },
  ]);
  const reason = new Error("enough");
  await expect(analogyScores(vectors, all, { signal: AbortSignal.abort(reason) })).rejects.toBe(reason);
  const unknown = { words: ["man", "king", "woman", "pear"], section: "" } as never;
  await expect(analogyScores(vectors, [unknown])).rejects.toThrow(/none of 1 analogies/);
});

test("the first of words that are as near answers an analogy, and none of its own three", async () => {
  const score = async (names: string, values: number[], answer: string) => {
    const plane = new WordVectors([...names], Float32Array.from(values), 2);
    const words = ["a", "b", "c", answer] as const;
    return (await analogyScores(plane, [{ words, section: "" } as never])).correct;
  };
  // b - a + c is [1, 1]: d and e lie there, and so does c.
  const plane = [1, -1, 1, 0, 1, 0, 3, 3, 1, 1, 2, 2];
  expect(await score("zabced", plane, "e")).toBe(1);
  for (const other of "dcz") expect(await score("zabced", plane, other)).toBe(0);
  expect(await score("eabcz", [1, 1, ...plane.slice(2, 8), 1, -1], "e")).toBe(1);
  // All others lie on the other side, z farther away.
  expect(await score("abcze", [1, 0, 1, 0.1, 1, 0, -1, 0, -1, 0.5], "e")).toBe(1);
});

test("the files of WordSim-353 in their forms are read, and others are refused with their line", async () => {
  const commas = await readWordJudgements(await fileOf("\uFEFFword 1,word 2,kor_score\n사랑,섹스,6.42\n"));
  expect(commas.pairs).toEqual([{ words: ["사랑", "섹스"], score: 6.42, line: 2 }]);
  const spaces = await readWordJudgements(await fileOf("tiger cat 7.35\n\ntiger tiger 10\n"));
  expect(spaces.pairs?.map(({ line }) => line)).toEqual([1, 3]);
  await expect(readWordJudgements(await fileOf("a b 1\na b\n"))).rejects.toThrow(
    /line 2: expected two words and a number/,
  );
  await expect(readWordJudgements(await fileOf(": x\na b c\n"))).rejects.toThrow(/line 2: expected the four words/);
  await expect(readWordJudgements(await fileOf("\n"))).rejects.toThrow(/no words/);
  await expect(readWordJudgements(await fileOf("just text\n"))).rejects.toThrow(/no line of two words/);
});

test("each judgement has its words without the spaces around them, its line and its section", async () => {
  const commas = await readWordJudgements(await fileOf("word 1,word 2,score\n New York , sea ,1.5\n\na,b, 2 \n"));
  expect(commas).toEqual({
    pairs: [
      { words: ["New York", "sea"], score: 1.5, line: 2 },
      { words: ["a", "b"], score: 2, line: 4 },
    ],
  });
  const tabs = await readWordJudgements(await fileOf("a,b\tc d\t0\r\n"));
  expect(tabs).toEqual({ pairs: [{ words: ["a,b", "c d"], score: 0, line: 1 }] });
  const scored = { pairs: [{ words: ["old", "new"], score: 1.58, line: 2 }] };
  for (const content of [
    "word1\tword2\tPOS\tSimLex999\tconc(w1)\nold\tnew\tA\t1.58\t2.72\n", // SimLex-999
    "verb1 verb2 POS score relation\nold new V 1.58 NONE\n", // SimVerb-3500
    "Word 1\tWord 2\tHuman (mean)\t1\t2\nold\tnew\t1.58\t1\t2.16\n", // each person's, in WordSim-353
  ]) {
    expect(await readWordJudgements(await fileOf(content))).toEqual(scored);
  }
  const unheaded = await readWordJudgements(await fileOf("old new V 1.58 NONE\n"));
  expect(unheaded).toEqual({ pairs: [{ words: ["old", "new"], score: 1.58, line: 1 }] });
  const analogies = await readWordJudgements(await fileOf("a  b c d\n:  the capitals \ne f g h\n"));
  expect(analogies).toEqual({
    analogies: [
      { words: ["a", "b", "c", "d"], section: "", line: 1 },
      { words: ["e", "f", "g", "h"], section: "the capitals", line: 3 },
    ],
  });
  for (const [content, message] of [
    ["a b 1\na b x\n", /line 2: expected two words and a number, got "a b x"/],
    ["a b 1\na,,2\n", /line 2: expected two words and a number/],
    ["a\tb\t1\na\tb\t\n", /line 2: expected two words and a number/],
    ["a\tb\t1\t5\t4\nc\td\t2\t7\t3\ne\tf\tNA\t1\t2\n", /line 3: expected two words and a number/],
    ["a\tb\t1\t5\t4\nc\td\t2\t7\t3\ne\tf\t1,58\t1\t2\n", /line 3: expected two words and a number/],
    ["a b 1\na b Infinity\n", /line 2: expected two words and a number/],
    ["a b c d\na b c d e\n", /line 2: expected the four words of an analogy, got "a b c d e"/],
    [": x\n", /has no line of four words/],
  ] as const) {
    await expect(readWordJudgements(await fileOf(content))).rejects.toThrow(message);
  }
});
