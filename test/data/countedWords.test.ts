import { expect, test } from "vitest";
import { ByteTokenizer } from "../../lib/data/byteTokenizer.js";
import { CountedWords } from "../../lib/data/countedWords.js";
import { memoryStream } from "../../lib/data/tokenStream.js";
import { WordTokenizer } from "../../lib/data/wordTokenizer.js";

const words = WordTokenizer.fromText("to be or to", { unknown: true });
const stream = (...ids: number[]) => memoryStream(Int32Array.from(ids), ids.length, words);

test("every token is counted, and those that are words are told apart", async () => {
  const ids = [...words.encode("to be to or nothing\n")];
  const counted = await CountedWords.from(stream(...ids));
  const countOf = (token: string) => counted.counts[words.id(token) as number];
  expect(["to", "be", "or", "<unk>", "<eos>"].map(countOf)).toEqual([2, 1, 1, 1, 1]);
  expect(counted.size).toBe(5);
  expect(
    counted
      .wordIds()
      .map((id) => words.token(id))
      .sort(),
  ).toEqual(["be", "or", "to"]);
  expect([...counted.wordCounts()]).toEqual(
    [...counted.counts.keys()].map((id) => (["<unk>", "<eos>"].includes(words.token(id)) ? 0 : counted.counts[id])),
  );
  expect(counted.toJSON()).toEqual({ kind: "counted words", words: words.toJSON(), counts: counted.counts });
  expect(CountedWords.fromJSON(JSON.parse(JSON.stringify(counted))).toJSON()).toEqual(counted.toJSON());
});

test("a stream of more than one piece is counted to its end, and a signal stops it", async () => {
  const ids = Int32Array.from({ length: 2 ** 18 + 3 }, (_, i) => i % 2);
  const long = memoryStream(ids, ids.length, words);
  const { counts } = await CountedWords.from(long);
  expect(counts.slice(0, 2)).toEqual([2 ** 17 + 2, 2 ** 17 + 1]);
  await expect(CountedWords.from(long, { signal: AbortSignal.abort() })).rejects.toThrow(/abort/i);
});

test("what cannot be counted is refused", async () => {
  await expect(CountedWords.from(stream(0, 9))).rejects.toThrow(
    "Token id 9 is outside the vocabulary: expected a whole number from 0 to 4.",
  );
  await expect(CountedWords.from(stream(0, -1))).rejects.toThrow("Token id -1 is outside the vocabulary");
  const bytes = memoryStream(Int32Array.of(0), 1, new ByteTokenizer());
  await expect(CountedWords.from(bytes)).rejects.toThrow("expected the tokens of a WordTokenizer, got byte tokens.");
  await expect(CountedWords.from(memoryStream(Int32Array.of(0), 1))).rejects.toThrow("got tokens of no known one.");
  await expect(
    CountedWords.from({
      ...stream(0),
      length: 1,
      characters: 1,
      tokenizer: words,
      read: () => [0],
      close: async () => {},
    } as never),
  ).rejects.toThrow("expected the stream to read an Int32Array, got an array of 1.");
  expect(() => new CountedWords("a" as never, [])).toThrow('CountedWords: expected a WordTokenizer, got "a".');
  for (const counts of [[1], [1, 2, 3, 4, -1], [1, 2, 3, 4, 0.5], "12345"]) {
    expect(() => new CountedWords(words, counts as never)).toThrow("CountedWords: expected 5 counts, got");
  }
  expect(new CountedWords(words, [0, 1, 2, 3, 4]).counts).toHaveLength(5);
  for (const json of [null, {}, { kind: "word" }])
    expect(() => CountedWords.fromJSON(json)).toThrow(/Expected words with their counts, got/);
});
