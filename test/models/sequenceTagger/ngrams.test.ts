import { expect, test } from "vitest";
import { TaggerVocabulary } from "../../../lib/data/index.js";
import { nativeExecutor } from "../../../lib/executor/native.js";
import { ReferenceExecutor } from "../../../lib/executor/reference/executor.js";
import { SequenceTagger, TaggedData } from "../../../lib/models/sequenceTagger/index.js";
import { ngramBuckets, ngramKinds, ngramRows } from "../../../lib/models/sequenceTagger/ngrams.js";
import { randomSource } from "../../../lib/random/source.js";
import { adam } from "../../../lib/train/optimizers.js";
import { Trainer } from "../../../lib/train/trainer.js";

/** Rows of the n-grams of one sentence, [T][3]. */
function rowsOf(...ids: number[]): number[][] {
  const rows = ngramRows(Int32Array.from(ids), Int32Array.of(ids.length));
  return ids.map((_, t) => [...rows.subarray(t * ngramKinds, (t + 1) * ngramKinds)]);
}

test("an n-gram has the row of its tokens, wherever it stands", () => {
  const [, a, b] = rowsOf(5, 1, 2, 7);
  const [first, second, third] = rowsOf(1, 2, 7, 1, 2);
  expect(first?.[1]).toBe(a?.[1]);
  expect(second).toEqual(b);
  // Nothing stands before the first token and after the last.
  expect(first?.[0]).not.toBe(a?.[0]);
  expect(first?.[2]).not.toBe(a?.[2]);
  expect(third?.[1]).not.toBe(second?.[1]);
  expect(rowsOf(1, 2)[1]?.[0]).not.toBe(rowsOf(2, 1)[1]?.[0]);
  expect(rowsOf(3)).toEqual([[expect.any(Number), expect.any(Number), expect.any(Number)]]);
});

test("sentences side by side have the rows that each has alone, and what lies behind them the first", () => {
  const sentences = [
    [4, 9, 9, 4],
    [9, 4],
  ];
  const ids = Int32Array.from([4, 9, 9, 4, 9, 0, 4, 0]);
  const rows = ngramRows(ids, Int32Array.of(4, 2));
  for (const [b, own] of sentences.entries()) {
    const alone = rowsOf(...own);
    for (let t = 0; t < 4; t++) {
      const at = (t * 2 + b) * ngramKinds;
      expect([...rows.subarray(at, at + ngramKinds)]).toEqual(alone[t] ?? [0, 0, 0]);
    }
  }
});

test("a hundred thousand n-grams are spread over the table as if by lot", () => {
  const random = randomSource(1, "ids");
  const ids = Int32Array.from({ length: 50_000 }, () => Math.floor(random.uniform() * 1999));
  const rows = ngramRows(ids, Int32Array.of(50_000));
  expect(rows.every((row) => row >= 0 && row < ngramBuckets)).toBe(true);
  for (let kind = 0; kind < ngramKinds; kind++) {
    const own = Array.from({ length: 50_000 }, (_, t) => rows[t * ngramKinds + kind] as number);
    // The n-grams differ nearly all: of 50,000 draws from 131,072 rows 41,600 are different ones.
    expect(new Set(own).size).toBeGreaterThan(38_000);
    expect(new Set(own.map((row) => row % 64)).size).toBe(64);
  }
});

/** Letters whose tags say whether they are the same as the one before, which no letter says alone. */
function letters(count: number, seed: number) {
  let state = seed;
  const letter = () => {
    state = (Math.imul(state, 1103515245) + 12345) & 0x7fffffff;
    return "abcd"[(state >>> 16) % 4] as string;
  };
  return Array.from({ length: count }, (_, i) => {
    const tokens = Array.from({ length: 1 + (i % 11) }, letter);
    return { tokens, tags: tokens.map((own, t) => (t > 0 && tokens[t - 1] === own ? "SAME" : "NEW")) };
  });
}

test("vectors of n-grams tell what neighbours say together: a layer that reads one token at a time learns it with them alone", async () => {
  const sentences = letters(300, 3);
  const tokenizer = TaggerVocabulary.of(sentences);
  // Units that keep nothing: the state of a sentence read forward does not reach the next token.
  const accuracy = async (ngramSize: number) => {
    const options = {
      characters: "none",
      bidirectional: false,
      cell: "mingru",
      hiddenSize: 8,
      embeddingSize: 4,
    } as const;
    const model = await SequenceTagger.create({ tokenizer, ...options, dropout: 0, ngramSize });
    const data = await TaggedData.create(sentences, { tokenizer, batchSize: 16, wordDropout: 0 });
    await new Trainer(model, { data, epochs: 3, optimizer: adam({ learningRate: 0.01 }) }).run();
    return (await model.evaluate(letters(100, 8))).accuracy;
  };
  expect(await accuracy(8)).toBeGreaterThan(0.99);
  expect(await accuracy(0)).toBeLessThan(0.97);
});

test("a model with them has the same bits alone and side by side, and the reference's numbers", async () => {
  const sentences = letters(64, 5);
  const tokenizer = TaggerVocabulary.of(sentences);
  const options = {
    tokenizer,
    hiddenSize: 8,
    embeddingSize: 4,
    characters: "none",
    ngramSize: 3,
    output: "crf",
    seed: 2,
  } as const;
  const native = await SequenceTagger.create({ ...options, executor: nativeExecutor() });
  const texts = sentences.map(({ tokens }) => tokens);
  const alone = await native.tag(texts, { batchSize: 1 });
  for (const batchSize of [9, 64]) expect(await native.tag(texts, { batchSize })).toEqual(alone);
  const reference = await SequenceTagger.create({
    ...options,
    executor: new ReferenceExecutor({ precision: "float64" }),
  });
  for (const [i, { probabilities }] of (await reference.tag(texts)).entries()) {
    for (const [t, p] of probabilities.entries()) expect(alone[i]?.probabilities[t]).toBeCloseTo(p, 4);
  }
});
