import { expect, test } from "vitest";
import type { Pair } from "../../../lib/data/index.js";
import { CharacterTokenizer, TokenizerPair, tokenizerFromJSON, WordTokenizer } from "../../../lib/data/index.js";
import { PairData } from "../../../lib/models/pairModel/pairData.js";
import { completeTranslate, translationOf } from "../../../lib/models/pairModel/translation.js";
import { pairFingerprint } from "../../../lib/models/tokenizerIdentity.js";
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

test("pairs say how many they are, their tokens and their longest side, and whoever changes one changes the digest", async () => {
  const of = (options: object = {}, own = pairs) => PairData.create(own, { tokenizer, ...options });
  const data = await of({ batchSize: 3, seed: 7 });
  // 8 words and 4 ends.
  expect(data.identity).toBe("4 pairs of 12 tokens in batches of 3, seed 7");
  expect(data).toMatchObject({ pairs: 4, tokens: 12, length: 2, longest: 4, skipped: 0, role: "train" });
  expect((await of({}, pairs.slice(0, 3))).longest).toBe(4);
  expect((await of({}, pairs.slice(0, 2))).longest).toBe(3);
  const batches = [...data.batches(0)];
  for (const { form, tokens, feeds } of batches) {
    expect(form).toMatchObject({ tokenizer: pairFingerprint(tokenizer) });
    expect(form).not.toHaveProperty("free");
    expect([...(feeds.targets as Int32Array)].filter((id) => id >= 0).length).toBe(tokens);
    const { S, T, B } = form;
    expect([feeds.source, feeds.inputs].map((ids) => (ids as Int32Array).length)).toEqual([S * B, T * B]);
  }
  const [{ feeds: whole }] = [...(await of({ batchSize: 4, role: "validate" })).batches(0)] as [(typeof batches)[0]];
  const lengths = [whole.sourceLengths, whole.targetLengths].map((all) => [...(all as Int32Array)].sort());
  expect(lengths).toEqual([
    [1, 2, 3, 4],
    [2, 3, 3, 4],
  ]);
  expect([...data.batches(0, 1)]).toEqual(batches.slice(1));
  expect((await of({ role: "validate" })).role).toBe("validate");
  const digest = await data.digest();
  expect(await (await of({ batchSize: 1 })).digest()).toBe(digest);
  const [first, ...others] = pairs as [Pair, ...Pair[]];
  for (const changed of [
    [{ ...first, source: "b" }, ...others],
    [{ ...first, target: "one three" }, ...others],
    others,
    [...others, first],
  ]) {
    expect(await (await of({}, changed)).digest()).not.toBe(digest);
  }
});

test("training draws an order and coins by the seed, a measurement keeps one order", async () => {
  const many = Array.from({ length: 24 }, (_, i) => ({
    source: "abcd"[i % 4] as string,
    target: ["one", "two"][i % 2] as string,
  }));
  const read = async (options: object, epoch = 0) =>
    [...(await PairData.create(many, { tokenizer, batchSize: 5, ...options })).batches(epoch)].map(
      ({ feeds }) => feeds,
    );
  const train = await read({ seed: 1 });
  expect(await read({ seed: 1 })).toEqual(train);
  expect(await read({ seed: 2 })).not.toEqual(train);
  expect(await read({ seed: 1 }, 1)).not.toEqual(train);
  const measured = await read({ seed: 1, role: "evaluate" });
  expect(await read({ seed: 2, role: "evaluate" }, 1)).toEqual(measured);
  const coins = async (seed: number) =>
    (await read({ seed, teacherForcing: 0.5 })).map(({ truth }) => [...(truth as Float32Array)].join(""));
  expect((await coins(1)).join()).not.toBe((await coins(2)).join());
  for (const rule of [{}, true, ["1"]]) {
    const refused = PairData.create(pairs, { tokenizer, teacherForcing: rule as never });
    await expect(refused).rejects.toThrow(/expected teacherForcing to be a rule of teacherForcing, its text, or null/);
  }
  const reversed = new TokenizerPair(letters, words, { reversed: true });
  expect(pairFingerprint(tokenizer)).toMatch(/^[0-9a-f]{16} [0-9a-f]{16}$/);
  expect(pairFingerprint(reversed)).toBe(`${pairFingerprint(tokenizer)} reversed`);
});

test("a source may have as many tokens as the model reads, a target one less for its end, and the smaller limit is named", async () => {
  const of = (source: number, target: number, options: object) => {
    const pair = { source: "abcdabcd".slice(0, source), target: "one ".repeat(target).trim() };
    return PairData.create([pair], { tokenizer, ...options });
  };
  const same = { longest: 3, maximumLength: 3 };
  expect((await of(3, 2, same)).longest).toBe(3);
  await expect(of(4, 2, same)).rejects.toThrow("the source has 4 tokens, and at most 3 are allowed");
  await expect(of(3, 3, same)).rejects.toThrow(
    /the target has 3 tokens, 4 with its end, .* at most 3 \(contextLength\)/,
  );
  const loose = { longest: 4, maximumLength: 3 };
  await expect(of(1, 4, loose)).rejects.toThrow("the target has 4 tokens, and at most 3 are allowed");
  await expect(of(5, 1, loose)).rejects.toThrow("the source has 5 tokens, and at most 3 are allowed");
  const long = "skip";
  await expect(of(4, 1, { ...same, long })).rejects.toThrow("The only pair is longer than this model reads: at most 3");
  await expect(of(4, 1, { ...loose, long })).rejects.toThrow("The only pair is longer than 3 tokens.");
  const data = await of(4, 3, {});
  expect(() => data.expectWithin(4)).not.toThrow();
  expect(() => data.expectWithin(3)).toThrow(
    /pair 1 of 1: the source has 4 tokens.* with longest: 3, and have long pairs/,
  );
  const twice = await PairData.create([...pairs, { source: "dcba", target: "one" }], { tokenizer });
  expect(() => twice.expectWithin(3)).toThrow(/^pairs.tsv, line 4: the source has 4 tokens/);
  await expect(of(4, 1, { longest: 3, role: "evaluate" })).rejects.toThrow(/Shorten it, or train a model/);
  await expect(of(4, 1, { longest: 3, role: "validate" })).rejects.toThrow(
    /Have long pairs skipped \(long; --long skip\)/,
  );
  const target = await of(1, 3, {});
  expect(() => target.expectWithin(4)).not.toThrow();
  expect(() => target.expectWithin(3)).toThrow(/pair 1 of 1: the target has 3 tokens, 4 with its end/);
});

test("a translation may have twice the tokens of its source and 20, or what is asked for where the model has room", () => {
  const one = words.id("one") as number;
  const complete = (options: object = {}, longest?: number) => completeTranslate(tokenizer, options, longest);
  const lengthOf = (options: object, longest?: number) => complete(options, longest).maximumLength(new Int32Array(3));
  expect(complete()).toMatchObject({ batchSize: 32, firstNumber: 0, unreadable: "refuse" });
  expect(complete().search).toMatchObject({ ...tokenizer.marks, beams: 5, nBest: 1, prefix: [], lengthPenalty: 1 });
  expect(complete({ nBest: 7 }).search.beams).toBe(7);
  expect(complete({ nBest: 2 }).search.beams).toBe(5);
  expect(complete({ beams: 2, banned: ["three"], prefix: "two one" }).search).toMatchObject({
    beams: 2,
    banned: expect.arrayContaining([words.id("three")]),
    prefix: [words.id("two"), one],
  });
  const prefix = (count: number) => ({ prefix: new Array(count).fill("one").join(" ") });
  expect(lengthOf({})).toBe(26);
  expect(lengthOf({ minimumLength: 30 })).toBe(50);
  expect(lengthOf(prefix(9))).toBe(29);
  expect(lengthOf({}, 24)).toBe(24);
  expect(lengthOf({ maximumLength: 7 })).toBe(7);
  const [onBest, onProgress] = [() => {}, () => {}];
  expect(complete({ onBest, onProgress })).toMatchObject({ onBest, onProgress });
  expect(() => complete({ beams: 2, nBest: 9 })).toThrow(/^translate: nBest 9/);
  expect(() => complete({ maximumLength: 5, minimumLength: 6 })).toThrow(/^translate: .*minimumLength/i);
  for (const [fits, refused, words] of [
    [{ maximumLength: 10 }, { maximumLength: 11 }, "a maximum length of 11"],
    [{ minimumLength: 9 }, { minimumLength: 10 }, "a minimum length of 10"],
    [prefix(10), prefix(11), "a prefix of 11 tokens"],
  ] as const) {
    expect(() => complete(fits, 10)).not.toThrow();
    expect(() => complete(refused, 10)).toThrow(
      `translate: this model writes at most 10 tokens, the end included (contextLength), got ${words}.`,
    );
  }
});

test("a result is written as text, with its attention to the tokens that the source has", () => {
  const ids = [words.id("two"), words.id("one")] as number[];
  const own = { ids, score: -1, logProbabilities: [-0.5, -0.25, -0.25], ended: true };
  const attention = [[0.5, 0.25, 0.25, 0]].map((row) => Float32Array.from(row));
  const other = { ...own, ids: ids.slice(1) };
  const result = { hypotheses: [{ ...own, attention }, other] } as never;
  const source = letters.encode("abc");
  const { hypotheses, ...others } = translationOf(tokenizer, source, result);
  expect(others).toEqual({ readable: true, text: "two one", source: ["a", "b", "c"] });
  expect(hypotheses).toEqual([
    { ...own, text: "two one", tokens: ["two", "one"], attention: [Float32Array.of(0.5, 0.25, 0.25)] },
    { ...other, text: "one", tokens: ["one"] },
  ]);
  const nothing = translationOf(tokenizer, source, { hypotheses: [], tree: [] } as never);
  expect(nothing).toMatchObject({ text: "", hypotheses: [], tree: [] });
  const known = CharacterTokenizer.fromText("ab", { unknown: true });
  const readable = (text: string) =>
    translationOf(new TokenizerPair(known, words), known.encode(text), { hypotheses: [] } as never).readable;
  expect([readable("xx"), readable("xa")]).toEqual([false, true]);
});
