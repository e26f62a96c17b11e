import { expect, test } from "vitest";
import { CharacterTokenizer } from "../../../lib/data/characterTokenizer.js";
import { ClassifierVocabulary } from "../../../lib/data/classifierVocabulary.js";
import { Labels } from "../../../lib/data/labels.js";
import { LabelledData, labelWeights } from "../../../lib/models/sequenceClassifier/data.js";
import { randomText } from "../../data/randomText.js";

const tokenizer = new ClassifierVocabulary(
  CharacterTokenizer.fromText("abcdefgh", { unknown: true }),
  new Labels(["no", "yes"]),
);
const examples = Array.from({ length: 53 }, (_, i) => ({
  text: `${"abcdefgh".slice(0, 1 + (i % 8))}${randomText(i).slice(0, i % 5)}`,
  label: i % 3 === 0 ? "yes" : "no",
}));

/** Every text of an epoch with its label, as the batches hold them. */
function read(data: LabelledData, epoch: number): string[] {
  return [...data.batches(epoch)].flatMap(({ form: { T, B }, feeds }) => {
    const { ids, lengths, targets } = feeds as Record<string, Int32Array>;
    expect(ids).toHaveLength(T * B);
    return Array.from({ length: B }, (_, b) => {
      const tokens = Array.from({ length: lengths?.[b] as number }, (_, t) => ids?.[t * B + b]);
      return `${tokens.join(" ")} -> ${targets?.[b]}`;
    });
  });
}

test("an epoch has every text once with its label, those of similar lengths together, in an order of its own", async () => {
  const data = await LabelledData.create(examples, { tokenizer, batchSize: 8 });
  const expected = examples.map(
    ({ text, label }) => `${[...tokenizer.tokenizer.encode(text)].join(" ")} -> ${label === "yes" ? 1 : 0}`,
  );
  expect(read(data, 0).sort()).toEqual(expected.sort());
  expect(read(data, 1)).not.toEqual(read(data, 0));
  expect(read(data, 1)).toEqual(read(await LabelledData.create(examples, { tokenizer, batchSize: 8 }), 1));
  for (const { feeds, form } of data.batches(0)) {
    const lengths = feeds.lengths as Int32Array;
    expect(form.T - Math.min(...lengths)).toBeLessThan(8);
  }
  expect([...data.batches(0, 5)]).toEqual([...data.batches(0)].slice(5));
  expect(data.frequencies).toEqual([35, 18]);
});

test("balanced labels weigh the same all together, and a text weighs 1 on average", async () => {
  const weights = labelWeights([30, 10, 0]);
  expect(weights.map((weight, id) => weight * ([30, 10, 0][id] as number))).toEqual([20, 20, 0]);
  expect(labelWeights([3, 1])).toEqual([4 / (2 * 3), 4 / 2]);
  const data = await LabelledData.create(examples, { tokenizer, batchSize: 64, balanced: true });
  const [batch] = [...data.batches(0)];
  const own = batch?.feeds.weights as Float32Array;
  expect(own.reduce((sum, weight) => sum + weight, 0)).toBeCloseTo(53, 4);
  expect(batch?.count).toBeCloseTo(53, 4);
  // 35 texts have the label 0, and 18 the label 1.
  const targets = (batch?.feeds.targets ?? []) as Int32Array;
  expect(targets).toHaveLength(53);
  for (const [b, label] of targets.entries()) {
    expect(own[b]).toBeCloseTo(53 / (2 * (label === 0 ? 35 : 18)), 5);
  }
  expect(batch?.form).toMatchObject({ weighted: true, multiLabel: false });
  const measured = await LabelledData.create(examples, { tokenizer, balanced: true, role: "validate" });
  expect([...measured.batches(0)].every(({ form }) => !form.weighted)).toBe(true);
});

test("of several labels a text has a 1 for each that it has, in its own row", async () => {
  const labels = [[], ["yes"], ["no", "yes"], "no", ["yes", "yes"]];
  const texts = labels.map((label) => ({ text: "abc", label }));
  const data = await LabelledData.create(texts, { tokenizer, multiLabel: true, role: "validate" });
  const [batch] = [...data.batches(0)];
  expect([...((batch?.feeds.targets ?? []) as Float32Array)]).toEqual([0, 0, 0, 1, 1, 1, 1, 0, 0, 1]);
  expect(batch).toMatchObject({ tokens: 5, form: { B: 5, multiLabel: true, weighted: false } });
  expect(data.frequencies).toEqual([2, 3]);
});

test("a digest tells texts and labels apart", async () => {
  const digest = async (changed: Partial<(typeof examples)[number]>) =>
    (await LabelledData.create([{ text: "abc", label: "no", ...changed }], { tokenizer })).digest();
  const digests = await Promise.all([{}, { text: "abd" }, { text: "ab" }, { label: "yes" }].map(digest));
  expect(new Set(digests).size).toBe(4);
  const texts = (...own: string[]) =>
    LabelledData.create(
      own.map((text) => ({ text, label: "no" })),
      { tokenizer },
    );
  expect(await (await texts("ab", "c")).digest()).not.toBe(await (await texts("a", "bc")).digest());
  const identities = await Promise.all(
    [{}, { balanced: true }, { wordDropout: 0.1 }, { wordDropout: 0.2 }, { seed: 2 }, { batchSize: 2 }].map(
      async (options) => (await LabelledData.create(examples, { tokenizer, ...options })).identity,
    ),
  );
  expect(new Set(identities).size).toBe(identities.length);
  // Measured data is not weighted.
  const measured = { tokenizer, role: "validate" as const };
  expect((await LabelledData.create(examples, { ...measured, balanced: true })).identity).toBe(identities[0]);
  expect(await digest({})).toBe(digests[0]);
});

test("longer texts are refused by their place, cut, or left out", async () => {
  const texts = [
    { text: "abcdef", label: "no", place: "x.tsv, line 7" },
    { text: "ab", label: "yes" },
  ];
  const shared = { tokenizer, maximumLength: 4 };
  await expect(LabelledData.create(texts, shared)).rejects.toThrow(
    /^x\.tsv, line 7: the text has 6 tokens, and at most 4/,
  );
  const cut = await LabelledData.create(texts, { ...shared, long: "cut" });
  expect([cut.examples, cut.cut, cut.skipped]).toEqual([2, 1, 0]);
  const [short, whole] = ["abcd", "ab"].map((text) => [...tokenizer.tokenizer.encode(text)].join(" "));
  expect(read(cut, 0).sort()).toEqual([`${short} -> 0`, `${whole} -> 1`].sort());
  const skipped = await LabelledData.create(texts, { ...shared, long: "skip" });
  expect([skipped.examples, skipped.cut, skipped.skipped]).toEqual([1, 0, 1]);
  await expect(LabelledData.create(texts.slice(0, 1), { ...shared, long: "skip" })).rejects.toThrow(
    /All 1 texts are longer/,
  );
});

test("what cannot be learnt is named with its place and the way out", async () => {
  const make = (text: unknown, label: unknown, options = {}) =>
    LabelledData.create(
      [
        { text: "a", label: "no" },
        { text, label, place: "t.csv, line 3" },
      ] as never,
      { tokenizer, ...options },
    );
  await expect(make("a", "yess")).rejects.toThrow(/^t\.csv, line 3: Unknown label "yess"; did you mean yes\?/);
  await expect(make("a", "maybe")).rejects.toThrow(/Unknown label "maybe"\. Known labels: no, yes\./);
  await expect(make("", "yes")).rejects.toThrow(/t\.csv, line 3: the text has no tokens/);
  await expect(make("a", ["no", "yes"])).rejects.toThrow(
    /line 3 has 2 labels, and the model gives each text one\. Set multiLabel/,
  );
  await expect(make(5, "yes")).rejects.toThrow(/expected t\.csv, line 3 to have a text, got 5/);
  await expect(make("a", undefined)).rejects.toThrow(
    /expected the label of t\.csv, line 3 to be a text, got undefined/,
  );
  await expect(make("a", "no", { multiLabel: true, balanced: true })).rejects.toThrow(
    /balanced is for texts with one label/,
  );
  await expect(LabelledData.create([], { tokenizer })).rejects.toThrow(/There are no texts/);
  const placeless = (text: unknown) =>
    LabelledData.create(
      [
        { text: "a", label: "no" },
        { text, label: "no" },
      ] as never,
      { tokenizer },
    );
  await expect(placeless("")).rejects.toThrow(/^text 2 of 2: the text has no tokens/);
  await expect(placeless(5)).rejects.toThrow("LabelledData: expected text 2 of 2 to have a text, got 5.");
  await expect(LabelledData.create("a" as never, { tokenizer })).rejects.toThrow(
    /expected a list of \{ text, label \}/,
  );
  expect(() => new Labels(["a"])).toThrow(/expected two or more, got 1 label/);
  expect(() => new Labels(["a", "b", "a"])).toThrow(/"a" is there twice/);
});

test("a vocabulary is of a tokenizer and labels, and says what else it got", () => {
  const labels = new Labels(["no", "yes"]);
  for (const [reads, names] of [
    [{}, labels],
    [tokenizer.tokenizer, ["no", "yes"]],
    [null, labels],
  ]) {
    expect(() => new ClassifierVocabulary(reads as never, names as never)).toThrow(
      /^ClassifierVocabulary: expected a tokenizer and Labels, got .+ and .+\.$/,
    );
  }
  for (const json of [null, undefined, {}, { kind: "tagger" }]) {
    expect(() => ClassifierVocabulary.fromJSON(json)).toThrow(
      /^Expected the vocabulary and the labels of a classifier, got (null|undefined|an object|\{)/,
    );
  }
  expect(() => Labels.of(["a", "b"] as never)).toThrow("Labels: expected a Set of texts, got an array of 2.");
});

test("a label that is not known is named with its nearest, or with all where they are few", () => {
  const of = (count: number) => new Labels(Array.from({ length: count }, (_, i) => `label ${i}`));
  expect(() => of(20).id("lable 7")).toThrow(/^Unknown label "lable 7"; did you mean label \d+\?$/);
  expect(() => of(20).id("weather")).toThrow(
    /^Unknown label "weather"\. Known labels: label 0, label 1, .*, label 19\.$/,
  );
  expect(() => of(21).id("weather")).toThrow(/^Unknown label "weather"\.$/);
});

test("word dropout reads tokens as <unk> at its rate, others in each epoch, and never in validation", async () => {
  const options = { tokenizer, batchSize: 8 };
  const dropped = await LabelledData.create(examples, { ...options, wordDropout: 0.3 });
  const plain = await LabelledData.create(examples, options);
  const tokensOf = (data: LabelledData, epoch: number) =>
    [...data.batches(epoch)].map(({ feeds }) => Array.from(feeds.ids as Int32Array));
  const [whole, cut] = [tokensOf(plain, 0), tokensOf(dropped, 0)];
  const unknown = tokenizer.tokenizer.special.unknown as number;
  const [all, changed] = [whole, cut].map((batches) => batches.flat());
  expect(changed?.every((token, i) => token === all?.[i] || token === unknown)).toBe(true);
  const places = all?.flatMap((token, i) => (token === changed?.[i] ? [] : [i])) ?? [];
  const letters = examples.reduce((sum, { text }) => sum + tokenizer.tokenizer.encode(text).length, 0);
  expect(places.length / letters).toBeGreaterThan(0.2);
  expect(places.length / letters).toBeLessThan(0.4);
  expect(tokensOf(dropped, 0)).toEqual(cut);
  // A batch that a resumed training begins with has the same ones.
  expect([...dropped.batches(0, 3)].map(({ feeds }) => Array.from(feeds.ids as Int32Array))).toEqual(cut.slice(3));
  const measured = { ...options, role: "validate" as const };
  expect(tokensOf(await LabelledData.create(examples, { ...measured, wordDropout: 0.3 }), 0)).toEqual(
    tokensOf(await LabelledData.create(examples, measured), 0),
  );
  const strict = new ClassifierVocabulary(CharacterTokenizer.fromText("abcdefgh"), new Labels(["no", "yes"]));
  await expect(LabelledData.create([], { tokenizer: strict, wordDropout: 0.1 })).rejects.toThrow(/no texts/);
  await expect(
    LabelledData.create([{ text: "a", label: "no" }], { tokenizer: strict, wordDropout: 0.1 }),
  ).rejects.toThrow(/reads words as <unk>, which this character tokenizer does not have/);
});
