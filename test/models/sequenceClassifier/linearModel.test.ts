import { join } from "node:path";
import { expect, test } from "vitest";
import type { LabelledText } from "../../../lib/index.js";
import { adam, LabelledData, loadModel, SequenceClassifier, Trainer, WordTokenizer } from "../../../lib/index.js";
import { bagOfWords, bagRows } from "../../../lib/models/sequenceClassifier/bagOfWords.js";
import { labelsOf } from "../../../lib/models/sequenceClassifier/examples.js";
import { meanFrame } from "../../../lib/models/sequenceClassifier/linearBaseline.js";
import { LinearModel } from "../../../lib/models/sequenceClassifier/linearModel.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";

const random = randomNumbers(9);
const words = Array.from({ length: 40 }, (_, i) => `w${i}`);
const draw = () => Array.from({ length: 3 + random(6) }, () => words[random(40)] as string).join(" ");
/** Texts of which some are about w0 or w1. */
const texts = (count: number): LabelledText[] =>
  Array.from({ length: count }, draw).map((text) => ({ text, label: /\bw[01]\b/.test(text) ? "yes" : "no" }));
const form = { labels: ["no", "yes"], multiLabel: false };

/** A linear model of the words of texts. */
async function fitted(
  examples: readonly LabelledText[],
  {
    rows,
    validation = [],
    ...own
  }: { labels: string[]; multiLabel: boolean; rows: number; validation?: readonly LabelledText[] },
) {
  const read = (list: readonly LabelledText[]) =>
    list.map((example) => ({ input: bagOfWords(example.text, rows), labels: labelsOf(example) }));
  const model = await LinearModel.fit(read(examples), { ...own, rows, validation: read(validation) });
  return { model, probabilities: (text: string) => model.probabilities(bagOfWords(text, rows)) };
}

function accuracyOf(bag: Awaited<ReturnType<typeof fitted>>, examples: readonly LabelledText[]): number {
  const right = examples.filter(({ text, label }) => {
    const [no = 0, yes = 0] = bag.probabilities(text);
    return (yes > no ? "yes" : "no") === label;
  });
  return right.length / examples.length;
}

test("it finds what single words say, and nothing of what their order says", async () => {
  const bag = await fitted(texts(600), { ...form, rows: 1024, validation: texts(200) });
  expect(accuracyOf(bag, texts(300))).toBeGreaterThan(0.97);
  expect(bag.probabilities("w5 W0  w3")[1]).toBeCloseTo(bag.probabilities("w3 w0 w5")[1] as number, 5);
  expect(bag.probabilities("w7 w7 w7")).toEqual(bag.probabilities("w7"));
  const ordered = Array.from({ length: 600 }, (_, i) => ({ text: i % 2 ? "a b" : "b a", label: i % 2 ? "yes" : "no" }));
  const blind = await fitted(ordered, { ...form, rows: 64 });
  expect(blind.probabilities("a b")[1]).toBeCloseTo(blind.probabilities("b a")[1] as number, 5);
});

test("a step of AdaGrad from zero moves each word of the text and the bias by the rate, against the sign of p - y", async () => {
  const bag = await fitted([{ text: "one two", label: "yes" }], { ...form, rows: 8, validation: [] });
  // Five passes over one text: 0.2 in the first, g / sqrt(sum of g²) of it in the others.
  let [logit, squares, weight] = [0, 0, 0];
  for (let pass = 0; pass < 5; pass++) {
    const slope = 1 / (1 + Math.exp(2 * logit));
    squares += slope * slope;
    weight += (0.2 * slope) / Math.sqrt(squares);
    logit = 3 * weight;
  }
  expect(bag.model.bias[1]).toBeCloseTo(weight, 5);
  expect(bag.model.bias[0]).toBeCloseTo(-weight, 5);
  const moved = [...bag.model.weight].filter((value) => value !== 0);
  expect(moved).toHaveLength(4);
  for (const value of moved) expect(Math.abs(value)).toBeCloseTo(weight, 5);
});

test("held-out texts end it at the best of 20 passes, the first one if the others are worse", async () => {
  const learnt = [{ text: "one two", label: "yes" }];
  const weightsOf = async (label: string) =>
    (await fitted(learnt, { ...form, rows: 8, validation: [{ text: "one two", label }] })).model.bias;
  // The first step moves each weight by the rate.
  const [no, yes] = (await weightsOf("no")) as unknown as [number, number];
  expect([no, yes]).toEqual([expect.closeTo(-0.2, 6), expect.closeTo(0.2, 6)]);
  let [squares, weight] = [0, 0];
  for (let pass = 0; pass < 20; pass++) {
    const slope = 1 / (1 + Math.exp(6 * weight));
    squares += slope * slope;
    weight += (0.2 * slope) / Math.sqrt(squares);
  }
  expect((await weightsOf("yes"))[1]).toBeCloseTo(weight, 5);
});

test("with several labels what a text has not counts among the held-out losses as well", async () => {
  const labels = ["a", "b"];
  // Each pass makes "a" likelier: for the first text, and for all the others, which have no label, too.
  const held = [{ text: "one", label: ["a"] }, ...Array.from({ length: 20 }, () => ({ text: "two", label: [] }))];
  const options = { labels, multiLabel: true, rows: 8 };
  const first = await fitted([{ text: "one", label: ["a"] }], { ...options, validation: held });
  expect([...first.model.bias]).toEqual([expect.closeTo(0.2, 6), expect.closeTo(-0.2, 6)]);
  const last = await fitted([{ text: "one", label: ["a"] }], { ...options, validation: held.slice(0, 1) });
  expect(last.model.bias[0]).toBeGreaterThan(0.5);
});

test("the probabilities are a softmax of what rows and biases sum to, or a sigmoid for each label", () => {
  const [weight, bias] = [Float32Array.of(1, 2, 4, 8, -1, 0.5), Float32Array.of(0.25, -0.5)];
  const several = new LinearModel(weight, bias, { ...form, multiLabel: true });
  const one = new LinearModel(weight, bias, form);
  const [a, b] = [0.25 + 1 * 0.5 + -1 * 3, -0.5 + 2 * 0.5 + 0.5 * 3];
  const input = { rows: [0, 2], values: Float32Array.of(0.5, 3) };
  const near = (...values: number[]) => values.map((value) => expect.closeTo(value, 6));
  expect([...several.probabilities(input)]).toEqual(near(1 / (1 + Math.exp(-a)), 1 / (1 + Math.exp(-b))));
  const total = Math.exp(a) + Math.exp(b);
  expect([...one.probabilities(input)]).toEqual(near(Math.exp(a) / total, Math.exp(b) / total));
  // Without values each row counts once.
  const counted = 1 / (1 + Math.exp(0.25 + 1 - 1 - (-0.5 + 2 + 0.5)));
  expect(one.probabilities({ rows: [0, 2] })[1]).toBeCloseTo(counted, 6);
});

test("the mean frame is that of each feature", () => {
  const { rows, values } = meanFrame(Float32Array.of(1, 20, 3, 40, 8, 90), 2);
  expect([rows, [...(values ?? [])]]).toEqual([
    [0, 1],
    [4, 50],
  ]);
});

test("a feature that is always 0 learns nothing, and takes nothing from the others", async () => {
  const examples = [1, -1].map((x) => ({
    input: { rows: [0, 1], values: Float32Array.of(0, x) },
    labels: [x > 0 ? "yes" : "no"],
  }));
  const { weight, bias } = await LinearModel.fit(examples, { ...form, rows: 2 });
  expect([...weight.subarray(0, 2)]).toEqual([0, 0]);
  expect(weight[3]).toBeGreaterThan(0.1);
  expect([...weight, ...bias].every(Number.isFinite)).toBe(true);
});

test("the pass with the lowest held-out loss is kept", async () => {
  const noisy = texts(30).map(({ text, label }, i) => ({
    text,
    label: i % 4 === 0 ? (label === "yes" ? "no" : "yes") : label,
  }));
  const held = texts(200);
  const lossOf = (bag: Awaited<ReturnType<typeof fitted>>) =>
    held.reduce(
      (sum, { text, label }) => sum - Math.log(bag.probabilities(text)[label === "yes" ? 1 : 0] as number),
      0,
    );
  const stopped = await fitted(noisy, { ...form, rows: 256, validation: held });
  const usual = await fitted(noisy, { ...form, rows: 256 });
  expect(lossOf(stopped)).toBeLessThan(lossOf(usual));
});

test("several labels a text are as many questions", async () => {
  const several = texts(800).map(({ text }) => ({
    text,
    label: ["w0", "w1"].filter((word) => new RegExp(`\\b${word}\\b`).test(text)),
  }));
  const bag = await fitted(several, {
    labels: ["w0", "w1"],
    multiLabel: true,
    rows: 512,
    validation: several.slice(0, 100),
  });
  const found = (text: string) => Array.from(bag.probabilities(text), (p) => p > 0.5);
  expect([found("w0 w5"), found("w9 w1"), found("w1 w0"), found("w8")]).toEqual([
    [true, false],
    [false, true],
    [true, true],
    [false, false],
  ]);
});

test("a text without words or signs has none, and the biases alone decide", async () => {
  expect(bagOfWords(" \n\t", 16)).toEqual({ rows: [] });
  expect(bagOfWords("Ab ÉTÉ", 4096)).toEqual(bagOfWords("aB été", 4096));
  expect(bagOfWords("a B! a", 16).rows).toHaveLength(new Set(bagOfWords("b a !", 16).rows).size);
  expect(await bagRows([{ text: " ", label: "x" }], { classes: 2 })).toBe(4096);
});

test("a table has four rows for each word, 4096 at least, and never more than 2^24 weights", async () => {
  expect(await bagRows([{ text: "One, one two!", label: "x" }], { classes: 2 })).toBe(4096);
  const many = Array.from({ length: 2000 }, (_, i) => `word${i}`).join(" ");
  expect(await bagRows([{ text: many, label: "x" }], { classes: 2 })).toBe(8000);
  expect(await bagRows(texts(5), { classes: 2 ** 23 })).toBe(2);
});

test("evaluate puts the simpler models beside the network; training, saving and loading leave them as they are", async () => {
  const examples = texts(300);
  const tokenizer = WordTokenizer.fromText(words.join(" "), { unknown: true });
  const options = { tokenizer, labels: form.labels, hiddenSize: 8, embeddingSize: 4 };
  const model = await SequenceClassifier.create({ ...options, linearRows: 128 });
  expect((await model.evaluate(examples)).linear).toBeNull();
  await model.fitLinear(examples);
  const before = await model.evaluate(examples);
  expect(before.linear?.accuracy).toBeGreaterThan(0.97);
  expect(before.majority).toBeNull();

  const folder = join(await temporaryFolder(), "model");
  const data = await LabelledData.create(examples, { tokenizer: model.tokenizer });
  const training = { data, folder, optimizer: adam({ learningRate: 0.01 }) };
  await new Trainer(model, { ...training, epochs: 2, maximumSteps: 5 }).run();
  const resumed = await SequenceClassifier.create({ ...options, linearRows: 128 });
  await new Trainer(resumed, { ...training, epochs: 2, maximumSteps: 8, resume: true }).run();
  const loaded = (await loadModel(folder)) as SequenceClassifier;
  for (const one of [model, resumed, loaded]) {
    const after = await one.evaluate(examples);
    expect(after.linear).toEqual(before.linear);
    expect(after.loss).not.toBe(before.loss);
  }
  const plain = await SequenceClassifier.create(options);
  await expect(plain.fitLinear(examples)).rejects.toThrow(/no room for it: create it with linearRows/);
  await expect(model.fitLinear([{ text: "a", label: "perhaps" }])).rejects.toThrow(
    /text 1 of 1: Unknown label "perhaps"/,
  );
});
