import { join } from "node:path";
import { expect, test } from "vitest";
import { Graph } from "../../../lib/graph/graph.js";
import * as ops from "../../../lib/graph/ops/index.js";
import type { LabelledText } from "../../../lib/index.js";
import {
  adam,
  CharacterTokenizer,
  FrameFeatures,
  LabelledData,
  loadModel,
  majorityOf,
  SequenceClassifier,
  Trainer,
} from "../../../lib/index.js";
import { SequenceClassifierNetwork } from "../../../lib/models/sequenceClassifier/network.js";
import { randomNumbers } from "../../data/randomText.js";
import { temporaryFolder } from "../../data/temporaryFolder.js";
import { sequenceOf } from "../frameTagger/frames.js";
import { expectSlopes } from "../slopes.js";

/** Series of two features on scales of their own; the label says whether the first one's peak comes before the second one's. */
function series(count: number, seed = 3): LabelledText[] {
  const random = randomNumbers(seed);
  return Array.from({ length: count }, (_, n) => {
    const T = 6 + random(12);
    const [first, second] = [random(T), random(T)];
    const rows = Array.from({ length: T }, (_, t) => [
      1000 + (t === first ? 100 : random(10)),
      t === second ? 0.01 : random(10) / 10_000,
    ]);
    return { text: `series ${n}`, label: first < second ? "before" : "after", sequence: sequenceOf(rows) };
  });
}
const sequencesOf = (examples: readonly LabelledText[]) => examples.flatMap(({ sequence }) => sequence ?? []);

const examples = series(400);
const features = await FrameFeatures.of(sequencesOf(examples));
const model = await SequenceClassifier.create({
  tokenizer: features,
  labels: ["after", "before"],
  majority: majorityOf(examples),
  hiddenSize: 16,
});
const data = await LabelledData.create(examples, { tokenizer: model.tokenizer, batchSize: 16 });
await new Trainer(model, { data, epochs: 12, optimizer: adam({ learningRate: 0.01 }) }).run();

test("a sequence of vectors gets one label, whatever the scale of its features", async () => {
  const { accuracy, majority, linear, loss } = await model.evaluate(series(120, 4));
  expect(accuracy).toBeGreaterThan(0.95);
  expect(majority?.accuracy).toBeLessThan(0.65);
  expect(linear).toBeNull();
  expect(loss).toBeLessThan(0.2);
  expect(model.network.config.input).toBe("vectors");
  expect(model.tokenizer.features).toBe(features);
});

test("a linear model of the mean frame finds what means say, on any scale, and nothing of the order", async () => {
  const tokenizer = features;
  const beside = { tokenizer, labels: ["after", "before"], hiddenSize: 4, linearRows: 2 };
  const ordered = await SequenceClassifier.create(beside);
  await ordered.fitLinear(examples.slice(0, 300), { validation: examples.slice(300) });
  const { linear } = await ordered.evaluate(series(120, 4));
  expect(linear?.name).toBe("a linear model of the mean frame");
  expect(linear?.accuracy).toBeLessThan(0.65);

  const random = randomNumbers(8);
  const levels = Array.from({ length: 300 }, (_, n) => {
    const [high, T] = [random(2), 3 + random(9)];
    const rows = Array.from({ length: T }, () => [1000 + random(9), (2 * high + random(9)) / 10_000]);
    return { text: `level ${n}`, label: high ? "before" : "after", sequence: sequenceOf(rows) };
  });
  const level = await SequenceClassifier.create({ ...beside, tokenizer: await FrameFeatures.of(sequencesOf(levels)) });
  await level.fitLinear(levels.slice(0, 200));
  const found = (await level.evaluate(levels.slice(200))).linear;
  // The means of the others' second feature tell as much, against the middle of the two levels.
  const meanOf = ({ frames: { values, shape } }: (typeof levels)[0]["sequence"]) => {
    const T = shape[0] as number;
    return Array.from({ length: T }, (_, t) => Number(values[2 * t + 1])).reduce((sum, value) => sum + value, 0) / T;
  };
  const right = levels.slice(200).filter(({ sequence, label }) => meanOf(sequence) > 5e-4 === (label === "before"));
  expect(found?.accuracy).toBeGreaterThan(right.length / 100 - 0.08);
  expect(found?.accuracy).toBeGreaterThan(0.7);
});

test("padding changes no label's probability, and attention is over the frames", async () => {
  const own = sequencesOf(series(40, 5));
  const together = await model.classify(own);
  const alone = await model.classify(own, { batchSize: 1 });
  for (const [i, { label, probabilities, attention }] of together.entries()) {
    expect(label).toBe(alone[i]?.label);
    for (const [name, p] of Object.entries(probabilities)) expect(alone[i]?.probabilities[name]).toBeCloseTo(p, 5);
    expect(attention).toHaveLength(own[i]?.frames.shape[0] as number);
    expect(attention?.reduce((sum, share) => sum + share, 0)).toBeCloseTo(1, 5);
  }
});

test("the loss has a gradient for every parameter, as finite differences say", async () => {
  const [T, B, I] = [3, 2, 4];
  const network = new SequenceClassifierNetwork({ input: "vectors", vocabularySize: I, classes: 2, hiddenSize: 3 });
  const graph = new Graph();
  const inputs = graph.feed("frames", "f32", [T, B, I]);
  const { features: pooled } = network.features(inputs, graph.feed("lengths", "i32", [B]));
  const loss = ops.sum(network.losses(graph, pooled).losses);
  const frames = Float32Array.from({ length: T * B * I }, (_, i) => Math.sin(i));
  await expectSlopes(graph, loss, network, { frames, lengths: Int32Array.of(3, 2), targets: Int32Array.of(1, 0) });
});

test("a saved classifier of vectors is read back with its scale", async () => {
  const folder = join(await temporaryFolder(), "model");
  await model.save(folder);
  const loaded = (await loadModel(folder)) as SequenceClassifier;
  const own = sequencesOf(series(5, 6));
  expect(await loaded.classify(own)).toEqual(await model.classify(own));
  expect(loaded.tokenizer.features?.toJSON()).toEqual(features.toJSON());
  expect(() => loaded.tokenizer.tokenizer).toThrow(/This classifier reads vectors: it has no tokenizer/);
});

test("sequences may have several labels, be cut, and be probed layer by layer", async () => {
  const many = examples.slice(0, 60).map((example, i) => ({ ...example, label: i % 3 ? [String(example.label)] : [] }));
  const own = await SequenceClassifier.create({
    ...{ tokenizer: features, labels: ["after", "before"], hiddenSize: 4, multiLabel: true },
  });
  const shared = { tokenizer: own.tokenizer, multiLabel: true };
  const cut = await LabelledData.create(many, { ...shared, maximumLength: 8, long: "cut" });
  expect(cut.cut).toBeGreaterThan(10);
  const long = {
    ...many[0],
    sequence: sequenceOf([
      [1, 2],
      [3, 4],
    ]),
    place: "labels.csv, line 3",
  };
  await expect(LabelledData.create([long as never], { ...shared, maximumLength: 1 })).rejects.toThrow(
    "labels.csv, line 3: the text has 2 frames, and at most 1 are allowed.",
  );
  for (const { form, feeds } of cut.batches(0)) expect(feeds.frames).toHaveLength(form.T * form.B * 2);
  const rows = [
    [1, 2],
    [3, 4],
    [5, 6],
  ];
  const three = { ...many[0], label: ["before"], sequence: sequenceOf(rows) } as LabelledText;
  const first = await LabelledData.create([three], { ...shared, maximumLength: 2, long: "cut" });
  const [{ feeds, form }] = [...first.batches(0)] as [
    ReturnType<typeof first.batches> extends Iterable<infer B> ? B : never,
  ];
  const scaled = rows.flatMap((row, t) =>
    row.map((x, i) => (t < 2 ? (x - (features.means[i] as number)) / (features.deviations[i] as number) : 0)),
  );
  expect(form).toMatchObject({ T: 4, B: 1, multiLabel: true, weighted: false });
  const near = (x: number) => expect.closeTo(x / 1000, 3);
  expect(Array.from(feeds.frames as Float32Array, (x) => x / 1000)).toEqual([...scaled, 0, 0].map(near));
  expect([[...(feeds.lengths as Int32Array)], [...(feeds.targets as Float32Array)]]).toEqual([[2], [0, 1]]);
  await new Trainer(own, { data: cut, epochs: 1 }).run();
  expect((await own.evaluate(many)).confusion).toBeNull();
  const probe = await model.probe(examples.slice(0, 200));
  expect(probe.layers.at(-1)?.accuracy).toBeGreaterThan(0.7);
});

test("texts and vectors are not taken for each other, and what is missing is named", async () => {
  const [{ sequence } = { sequence: undefined }] = examples;
  await expect(model.classify(["series 1"])).rejects.toThrow(
    /^classify: text 1 of 1 is "series 1", expected a sequence \{ frames \}: the model reads vectors of 2 features/,
  );
  const tokenizer = CharacterTokenizer.fromText("ab", { unknown: true });
  const ofTexts = await SequenceClassifier.create({ tokenizer, labels: ["x", "y"], hiddenSize: 4 });
  await expect(ofTexts.classify([sequence as never])).rejects.toThrow(
    /expected a text: the model reads tokens, no vectors/,
  );
  const gap = { text: "gap", label: "after", sequence: sequenceOf([[1, Number.NaN]]), place: "labels.csv, line 7" };
  await expect(model.evaluate([gap])).rejects.toThrow(/^labels\.csv, line 7, frame 1: feature 1 is missing \(NaN\)/);
  await expect(model.classify([{ ...gap.sequence, name: "clip" }])).rejects.toThrow(
    /^clip, frame 1: feature 1 is missing/,
  );
  await expect(model.classify([gap.sequence])).rejects.toThrow(/^classify: text 1 of 1, frame 1: feature 1 is missing/);
  const wide = { ...gap, sequence: sequenceOf([[1, 2, 3]]) };
  await expect(model.evaluate([wide])).rejects.toThrow(/line 7 has frames of 3 features, and the model reads 2/);
  const words = { tokenizer: features, labels: ["a", "b"], linearRows: 8 };
  await expect(SequenceClassifier.create(words)).rejects.toThrow(/expected linearRows to be 2, got 8/);
  await expect(LabelledData.create(examples, { tokenizer: model.tokenizer, wordDropout: 0.1 })).rejects.toThrow(
    /reads vectors: it has no tokenizer/,
  );
});
