import { expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair, tokenizerFromJSON, WordTokenizer } from "../../../lib/data/index.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { teacherForcing } from "../../../lib/train/teacherForcing.js";

const pairs: Pair[] = ["one two", "two", "three one one", "two two"].map((target, i) => ({
  source: "abcd".slice(0, i + 1),
  target,
  place: `pairs.tsv, line ${i + 1}`,
}));
const words = WordTokenizer.fromText(pairs.map(({ target }) => target).join("\n"));
const letters = CharacterTokenizer.fromText("abcd");
const tokenizer = new TokenizerPair(letters, words);

test("what cannot be learnt is refused with its place", async () => {
  const of = (pair: Partial<Pair>, options = {}) =>
    PairData.create([...pairs, { source: "a", target: "one", place: "more.tsv, line 9", ...pair }], {
      tokenizer,
      ...options,
    });
  await expect(of({ source: "ax" })).rejects.toThrow(/Unknown character "x" .* at more.tsv, line 9, column 2/);
  await expect(of({ target: "one four" })).rejects.toThrow(/Unknown word "four" at more.tsv, line 9, column 5/);
  await expect(of({ source: "" })).rejects.toThrow("more.tsv, line 9: the source has no tokens.");
  await expect(of({ source: "abcdabcd" }, { maximumLength: 7 })).rejects.toThrow(
    /more.tsv, line 9: the source has 8 tokens, and at most 7 are allowed/,
  );
  await expect(of({ target: "one ".repeat(8) }, { maximumLength: 7 })).rejects.toThrow(/the target has 8 tokens/);
  await expect(of({ target: "one\ntwo" })).rejects.toThrow(
    "more.tsv, line 9: the target holds <eos>, the token that ends a target. Take it out.",
  );
  await expect(of({}, { role: "validation" })).rejects.toThrow(/role/);
  await expect(PairData.create(pairs, {} as never)).rejects.toThrow(/expected tokenizer to be a TokenizerPair/);
  expect(() => new TokenizerPair(letters, undefined as never)).toThrow(/tokenizers of source and target/);
  expect(() => new TokenizerPair(letters, words, { reverse: true } as never)).toThrow(/reverse/);
  await expect(of({}, { maximumLength: 0 })).rejects.toThrow(/maximumLength/);
  await expect(of({}, { long: "cut" })).rejects.toThrow(/long/);
  await expect(PairData.create([], { tokenizer })).rejects.toThrow(/no pairs/);
});

test("pairs without a place are named by their number, and what is no pair is refused", async () => {
  const bare: Pair[] = pairs.map(({ source, target }) => ({ source, target }));
  await expect(PairData.create([...bare, { source: "ax", target: "one" }], { tokenizer })).rejects.toThrow(
    /Unknown character "x" .* at pair 5 of 5, column 2/,
  );
  await expect(PairData.create([...bare, { source: "", target: "one" }], { tokenizer })).rejects.toThrow(
    "pair 5 of 5: the source has no tokens.",
  );
  await expect(PairData.create(bare, { tokenizer, maximumLength: 2 })).rejects.toThrow(/^pair 3 of 4: .* has 3 tokens/);
  for (const pair of [{ source: "a" }, { source: Buffer.from("a"), target: "one" }, null, "a", ["a", "one"]]) {
    await expect(PairData.create([pair as never], { tokenizer })).rejects.toThrow(
      /PairData: expected the (source|target) of pair 1 of 1 to be a text, got/,
    );
  }
  await expect(PairData.create("a" as never, { tokenizer })).rejects.toThrow(/expected a list of pairs, got "a"/);
});

test("long pairs can be left out, all but the last", async () => {
  const data = await PairData.create(pairs, { tokenizer, maximumLength: 2, long: "skip" });
  expect([data.pairs, data.skipped]).toEqual([2, 2]);
  await expect(PairData.create(pairs.slice(2), { tokenizer, maximumLength: 1, long: "skip" })).rejects.toThrow(
    "All 2 pairs are longer than 1 token.",
  );
});

test("a reversed source is read from its end", async () => {
  const reversed = new TokenizerPair(letters, words, { reversed: true });
  expect([...reversed.encodeSource("abc")]).toEqual([...tokenizer.encodeSource("abc")].reverse());
  const again = TokenizerPair.fromJSON(JSON.parse(JSON.stringify(reversed)));
  expect(again.reversed).toBe(true);
  expect([...again.encodeSource("abc")]).toEqual([...reversed.encodeSource("abc")]);
  expect([...again.encodeTarget("two one")]).toEqual([...tokenizer.encodeTarget("two one")]);
});

test("one tokenizer for both sides is written once, and stays one", () => {
  const shared = new TokenizerPair(words, words);
  const json = JSON.parse(JSON.stringify(shared));
  expect(Object.keys(json)).toEqual(["kind", "source"]);
  const again = TokenizerPair.fromJSON(json);
  expect(again.target).toBe(again.source);
  expect(() => tokenizerFromJSON(json)).toThrow(/Expected a vocabulary of kind/);
  expect(() => TokenizerPair.fromJSON({ kind: "word", tokens: ["a"] })).toThrow(/a source and a target/);
  expect(() => new TokenizerPair(words, letters)).toThrow(/a token that ends them/);
});

test("steps read the truth as often as the schedule says, the same ones in every run, and always in validation", async () => {
  const many = Array.from({ length: 64 }, (_, i) => pairs[i % 4] as Pair);
  const of = (rule: string, role: "train" | "validate" = "train") =>
    PairData.create(many, {
      tokenizer,
      batchSize: 16,
      teacherForcing: role === "train" ? rule : teacherForcing(rule),
      role,
    });
  const share = async (rule: string, epoch = 0) => {
    const truths = [...(await of(rule)).batches(epoch)].map(({ form, feeds }) => {
      expect(form.free).toBe(true);
      const truth = feeds.truth as Float32Array;
      // Before the first step nothing was written.
      expect([...truth.subarray(0, form.B)]).toEqual(new Array(form.B).fill(1));
      return truth.subarray(form.B);
    });
    const all = truths.flatMap((truth) => [...truth]);
    expect(all.every((coin) => coin === 0 || coin === 1)).toBe(true);
    return all.reduce((sum, coin) => sum + coin, 0) / all.length;
  };
  expect(await share("1")).toBe(1);
  expect(await share("0")).toBe(0);
  const half = await share("0.5");
  expect(Math.abs(half - 0.5)).toBeLessThan(0.1);
  expect(await share("0.5")).toBe(half);
  expect(await share("0.5", 1)).not.toBe(half);
  // 4 batches an epoch: the second begins with update 4.
  expect(await share("linear:1:0:4", 1)).toBe(0);
  const validation = [...(await of("0", "validate")).batches(0)];
  expect(validation.every(({ form, feeds }) => !("free" in form) && !("truth" in feeds))).toBe(true);
  expect((await of("0.5")).identity).toMatch(/teacher forcing 0.5/);
});
